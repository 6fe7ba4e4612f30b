-- Carries out records of scim-doc import. It follows common.lua and write(), which
-- is write.lua.
--
-- ARGV  2 now  3 actor  4 length of the change stream
--       5... records, each a number and so many words
--
-- Returns  for each record a line, "@", the number of the line in the import
--          and what came of it: "made", "same" or "refused" and why; "part"
--          for what comes to its end in a later record; "end"

local at, record = 5, nil


local function take()
    local word = ARGV[at]
    at = at + 1
    return word
end


local function take_list()
    local list, n = {}, tonumber(take())
    for i = 1, n do
        list[i] = take()
    end
    return list
end


-- the words that write.lua takes for the index entries
local function take_indexes()
    local words = { take(), take() }
    for _ = 1, 2 * tonumber(words[2]) do
        words[#words + 1] = take()
    end
    return words
end


-- Maps the ids of another server to ids of this one.
local foreign_ids = prefix .. "import"

local function known_here(id)
    return call("HGET", foreign_ids, id) or id
end


local function take_head()
    local head = { type = take(), id = take(), foreign = take(),
                   version = take(), created = take(), modified = take(),
                   seq = take(), total = tonumber(take()) }
    head.fresh_id = head.id
    if head.foreign ~= "" then
        head.id = call("HGET", foreign_ids, head.foreign) or head.id
    end
    head.key = prefix .. head.type .. ":" .. head.id
    head.staged = prefix .. "import:" .. head.id
    return head
end


-- Takes the document of the record. A resource of another server gets its id here,
-- in the place of the one that scim-doc has put into the document. Its members may
-- have other ids here.
local function take_document()
    record.doc = take()
    if record.id ~= record.fresh_id then
        local from, to = string.find(record.doc, record.fresh_id, 1, true)
        record.doc = string.sub(record.doc, 1, from - 1) .. record.id
                     .. string.sub(record.doc, to + 1)
    end
    record.changed = take()
    record.indexes = take_indexes()
end


local function take_members()
    local list = take_list()
    if record.foreign ~= "" or record.version == "" then
        for i, member in ipairs(list) do
            list[i] = known_here(member)
        end
    end
    return list
end


local function write_words(verb, expected, doc, members)
    local words = { verb, record.type, record.id, expected, ARGV[2], ARGV[3],
                    doc and record.changed or "", doc or "", ARGV[4] }
    for _, word in ipairs(doc and record.indexes or { "", "0" }) do
        words[#words + 1] = word
    end
    table.insert(words, 11, "")
    words[#words + 1] = "0"
    if #members == 0 then
        return words
    end
    words[#words + 1] = "keep"
    words[#words + 1] = tostring(#members)
    for _, member in ipairs(members) do
        words[#words + 1] = member
    end
    words[#words + 1] = "0"
    return words
end


local reasons = {
    conflict = "another resource has the same \"%s\"",
    nomember = "there is no user or group with the id \"%s\"",
    cycle = "with \"%s\" the group would hold itself",
}

local function refused(reply)
    local reason = reasons[reply[1]]
    local name = string.gsub(clean(reply[2] or ""), ":unique$", "")
    return "refused " .. (reason and string.format(reason, name)
                          or clean(reply[1]))
end


-- restores the times of the resource, and its place in the order if that is free
local function keep_the_past(counter)
    if record.version == "" then
        return
    end
    call("HSET", record.key, "created", record.created, "modified",
         record.modified)
    for _, type in ipairs(types()) do
        if call("ZCOUNT", prefix .. type .. "s", record.seq, record.seq) > 0
        then
            return
        end
    end
    call("ZADD", prefix .. record.type .. "s", record.seq, record.id)
    call("HSET", record.key, "seq", record.seq)
    call("HSET", prefix .. "meta", "seq",
         string.format("%.0f", math.max(counter, tonumber(record.seq))))
end


local function create(members)
    local counter = tonumber(call("HGET", prefix .. "meta", "seq") or "0")
    local reply = write(KEYS, write_words("create", record.version,
                                          record.doc, members))
    if reply[1] ~= "ok" then
        return refused(reply)
    end
    keep_the_past(counter)
    if record.foreign ~= "" then
        call("HSET", foreign_ids, record.foreign, record.id)
    end
    return nil
end


local function is_held(member)
    return call("SISMEMBER", record.key .. ":members", member) == 1
           or call("SISMEMBER", record.key .. ":groups", member) == 1
end


-- returns nil if there is no such resource, else whether it is the same, members
-- aside
local function compare()
    local now = call("HMGET", record.key, "ver", "doc", "created")
    if not now[1] then
        return nil
    end
    local count = call("SCARD", record.key .. ":members")
                  + (record.type == "group"
                     and call("SCARD", record.key .. ":groups") or 0)
    return now[2] == record.doc
           and (record.type ~= "group" or count == record.total)
           and (record.version == "" or now[1] == record.version
                                        and now[3] == record.created)
end


local differs = "refused there is another resource with this id"


local function whole()
    take_document()
    local members = take_members()
    local same = compare()
    if same == nil then
        return create(members) or "made"
    end
    for _, member in ipairs(members) do
        same = same and is_held(member)
    end
    return same and "same" or differs
end


-- a large group ------------------------------------------------------------
--
-- Checks the members first and keeps them in a set. Then it creates the group, and
-- the members join it in slices. Meanwhile the group has the field "importing"; an
-- import that was interrupted begins here again.

local function exists_here(member)
    return string.match(member, "^[%w_-]+$")
           and (call("EXISTS", prefix .. "user:" .. member) == 1
                or call("EXISTS", prefix .. "group:" .. member) == 1)
end


local function stage()
    local number, members = take(), take_members()
    local bad = record.staged .. ":bad"
    if number == "0" then
        call("UNLINK", record.staged, bad)
    end
    local there = call("EXISTS", record.key) == 1
                  and call("HEXISTS", record.key, "importing") == 0
    for _, member in ipairs(members) do
        if there then
            if not is_held(member) then
                call("SET", bad, differs)
            end
        elseif exists_here(member) then
            call("SADD", record.staged, member)
        else
            call("SET", bad, refused({ "nomember", member }))
        end
    end
    return "part"
end


local function open()
    take_document()
    local bad = record.staged .. ":bad"
    local wrong = call("GET", bad)
    local same = compare()
    call("UNLINK", bad)

    if call("HEXISTS", record.key, "importing") == 1 then
        return wrong or "part"
    elseif same ~= nil then
        return same and not wrong and "same" or wrong or differs
    end
    wrong = wrong or create({})
    if wrong then
        call("UNLINK", record.staged)
        return wrong
    end
    call("HSET", record.key, "importing", "1")
    return "part"
end


local function join()
    local members = call("SPOP", record.staged, 1000)
    if #members == 0 then
        return "part"
    end
    local version = call("HGET", record.key, "ver")
    -- one less, for the version that a change adds
    call("HSET", record.key, "ver", string.format("%.0f",
                                                  tonumber(version) - 1))
    local reply = write(KEYS, write_words("update", "", nil, members))
    call("HSET", record.key, "ver", version)
    return (reply[1] == "ok" or reply[1] == "same") and "part"
           or refused(reply)
end


local function close()
    if call("HDEL", record.key, "importing") == 0 then
        return "part"
    end
    if record.version ~= "" then
        call("HSET", record.key, "modified", record.modified)
    end
    return "made"
end


local kinds = { whole = whole, stage = stage, open = open, join = join,
                close = close }
local lines = {}

while ARGV[at] do
    local words = tonumber(take())
    local next_one = at + words
    local line, kind = take(), take()
    local answer

    if kind == "bad" then
        answer = "refused " .. clean(take())
    elseif kind == "end" then
        answer = "end"
    else
        record = take_head()
        answer = kinds[kind]()
    end
    lines[#lines + 1] = "@" .. line .. " " .. answer
    at = next_one
end

return lines
