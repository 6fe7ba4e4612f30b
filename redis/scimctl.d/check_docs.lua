-- Compares records of scim-doc check with what Redis has. It stands behind
-- common.lua, write(), which is write.lua, and check.lua.
--
-- ARGV  3... records, each a number and so many words: the organization, type,
--       id, version, state, text, index entries; the last is a number and "end"
--
-- Returns  findings; lines of "stale", organization, type and id for what was
--          changed in between; a last line "end"

local at, record = 3, nil


local function take()
    local word = ARGV[at]
    at = at + 1
    return word
end


local function take_record(words)
    set_tenant(take())
    record = { type = take(), id = take(), version = take(), state = take(),
               text = take(), indexes = {} }
    record.key = prefix .. record.type .. ":" .. record.id
    record.entries = {}
    for i = at, at + words - 7 do
        record.entries[#record.entries + 1] = ARGV[i]
    end
    take()
    for i = 1, tonumber(take()) do
        local field = take()
        local kind, name = string.match(field, "^(%a%a):(.+)$")
        record.indexes[i] = { field = field, kind = kind, name = name }
    end
    for _, index in ipairs(record.indexes) do
        index.text = take()
    end
end


-- write.lua with the entries of the record
local function write_record(verb, changed, doc)
    local words = { verb, record.type, record.id, "", rfc3339(now_ms, true),
                    "scimctl", changed, doc, "100000" }
    for _, word in ipairs(record.entries) do
        words[#words + 1] = word
    end
    table.insert(words, 11, "")
    return write({ prefix }, words)[1] == "ok"
end


-- removes the entries under a field, as if it had been right
local function forget(index, told)
    if not index.kind then
        return
    end

    local by = prefix .. record.type .. "s:by:" .. index.name
    if index.kind == "by" and type_of(by) == "zset" then
        for value in string.gmatch(told, "[^%z]+") do
            call("ZREM", by, value .. "\0" .. record.id)
        end
    elseif index.kind == "uq" and is_hash(by) then
        for value in string.gmatch(told, "[^%z]+") do
            if call("HGET", by, value) == record.id then
                call("HDEL", by, value)
            end
        end
    end
end


local function check_field(index)
    local field = index.field
    local told = call("HGET", record.key, field) or ""
    if told == index.text then
        return
    end
    damage("field", record.key, field .. " is \"" .. told .. "\", not \""
           .. index.text .. "\"", function()
        forget(index, told)
        if index.text == "" then
            call("HDEL", record.key, field)
        else
            call("HSET", record.key, field, index.text)
        end
    end)
end


-- Returns true if another resource has the value by right.
local function is_taken(by, index, value)
    local owner = call("HGET", by, value)
    return owner and owner ~= record.id and string.find(owner, "^[%w_-]+$")
           and is_hash(prefix .. record.type .. ":" .. owner)
           and has_value(call("HGET", prefix .. record.type .. ":" .. owner,
                              "uq:" .. index.name), value)
           and owner
end


-- keys of another type that were reported
local told_of = {}

local function check_entries(index)
    if not index.kind then
        return
    end

    local by = prefix .. record.type .. "s:by:" .. index.name
    local there = type_of(by)
    local wanted = index.kind == "uq" and "hash" or "zset"

    if there ~= wanted and there ~= "none" then
        if not told_of[by] then
            damage("type", by, "it is a " .. there, function()
                call("UNLINK", by)
            end)
        end
        told_of[by] = true
        if not repair then
            return
        end
    end

    for value in string.gmatch(index.text, "[^%z]+") do
        if index.kind == "by" then
            if not call("ZSCORE", by, value .. "\0" .. record.id) then
                damage("missing-entry", by, value .. " of " .. record.key,
                       function()
                    call("ZADD", by, 0, value .. "\0" .. record.id)
                end)
            end
        elseif call("HGET", by, value) ~= record.id then
            local owner = is_taken(by, index, value)
            damage(owner and "conflict" or "missing-entry", by,
                   value .. " of " .. record.key
                   .. (owner and ", which is also that of " .. owner or ""),
                   not owner and function()
                call("HSET", by, value, record.id)
            end or nil)
        end
    end
end


local bad = {
    json = "the document is no JSON: ",
    invalid = "the document breaks its schema: ",
    type = "the type is not known: --resource-type",
}


local function check_record()
    if not is_hash(record.key)
       or (call("HGET", record.key, "ver") or "") ~= record.version
    then
        findings[#findings + 1] = table.concat({ "stale", tenant, record.type,
                                                 record.id }, "\t")
        return
    end
    if bad[record.state] then
        damage("document", record.key, bad[record.state] .. record.text)
        return
    end
    for _, index in ipairs(record.indexes) do
        check_field(index)
        check_entries(index)
    end
    if record.state == "id" then
        damage("id", record.key, "the document has another id", function()
            return write_record("update", "id", record.text)
        end)
    end
end


while ARGV[at] do
    local words = tonumber(take())
    local next_one = at + words
    if words == 2 then
        findings[#findings + 1] = "end"
    else
        take_record(words)
        check_record()
    end
    at = next_one
end

return findings
