-- Carries out lines of a backup, as scim-doc restore makes them of a valid one.
-- All of them come in their order, each once: "line" of scim:restoring is the last
-- that was carried out.
--
-- ARGV  2 the backup, by its last sum
--       3... records, each a number and so many words: the line before, the
--         line, the kind, the organization, and
--         "directory" identities
--         "org"      its place among the others or "", fields of meta
--         "resource" type, id, fields
--         "members"  id of a group, "users" or "groups", ids
--         "entry"    stream, id, names and values
--         "cycle"    fields
--         "import"   pairs of ids
--         "end"      the last entry of its stream of changes, the number
--                    that was given last, types and numbers of resources
--         "token", "client"
--                    name, "1" if its organization lists it, when it goes in ms
--                    or "-", fields
--         "done"     how many organizations there were
--
-- Returns  a line, "@" and the number of the last line that was carried out;
--          for "done", "@done" and how many organizations there were

local marker = "scim:restoring"
local at, words, done = 3, nil, nil
local nobody = {}


local function take()
    at = at + 1
    return ARGV[at - 1]
end


-- the remaining words of the record
local function rest()
    return unpack(ARGV, at, words)
end


-- The stream and the counter of an organization are created last. If another
-- writer creates them earlier, the restore notices it.
local function others_write()
    if nobody[tenant] == nil then
        nobody[tenant] = call("HEXISTS", prefix .. "meta", "seq") == 0
                         and call("EXISTS", prefix .. "changes") == 0
    end
    return not nobody[tenant]
end


-- names and values; there may be many
local function set_fields(key, from)
    for i = from, words, 1000 do
        call("HSET", key, unpack(ARGV, i, math.min(i + 999, words)))
    end
end


local function add_entries(type, id, field, text)
    local kind, name = string.match(field, "^(%a%a):(.+)$")
    local index = prefix .. type .. "s:by:" .. (name or "")
    for value in string.gmatch(text, "[^%z]+") do
        if kind == "uq" then
            call("HSET", index, value, id)
        elseif kind == "by" then
            call("ZADD", index, 0, value .. "\0" .. id)
        end
    end
end


local kinds = {}

function kinds.directory()
    call("SADD", "scim:directory", rest())
end


function kinds.org()
    local place = take()
    call("HDEL", prefix .. "meta", "deleting", "deleted")
    set_fields(prefix .. "meta", at)
    -- more than it ever was: nginx may remember groups that had these ids
    call("HSET", prefix .. "meta", "holding", string.format("%.0f", 2 * now_ms))
    if place ~= "" then
        call("ZADD", "scim:tenants", place, tenant)
    end
end


function kinds.resource()
    local type, id = take(), take()
    local seq
    set_fields(prefix .. type .. ":" .. id, at)
    for i = at, words, 2 do
        local field, text = ARGV[i], ARGV[i + 1]
        if field == "seq" then
            seq = text
        elseif string.find(field, "^uq:") or string.find(field, "^by:") then
            add_entries(type, id, field, text)
        end
    end
    if seq then
        call("ZADD", prefix .. type .. "s", seq, id)
    end
end


function kinds.members()
    local group, kind = take(), take()
    local key = prefix .. "group:" .. group
    local users = kind == "users"
    if not users then
        call("HINCRBY", prefix .. "meta", "holding", 2)
    end
    call("SADD", key .. (users and ":members" or ":groups"), rest())
    for i = at, words do
        local hash = prefix .. (users and "user:" or "group:") .. ARGV[i]
        if call("SADD", hash .. (users and ":groups" or ":holders"), group)
           == 1
        then
            call("HINCRBY", hash, "groups", 1)
        end
    end
end


function kinds.entry()
    local stream, id = prefix .. take(), take()
    if #call("XRANGE", stream, id, id) == 0 then
        call("XADD", stream, id, rest())
    end
end


function kinds.cycle()
    set_fields(prefix .. "cycle", at)
end


function kinds.import()
    set_fields(prefix .. "import", at)
end


-- A reader of the change stream must read everything again. It sees this by the
-- entry, and by its being the first.
local function begin_changes(last)
    local ms = tonumber(string.match(last, "^%d+"))
    call("XADD", prefix .. "changes",
         string.format("%.0f-0", math.max(now_ms, ms + 1)), "op", "restore",
         "type", "", "id", "", "ver", "", "actor", "scimctl", "attrs", "")
    redis.pcall("PUBLISH", "scim:changed", prefix)
end


kinds["end"] = function()
    local last, seq = take(), take()
    for i = at, words, 2 do
        local there = call("ZCARD", prefix .. ARGV[i] .. "s")
        if there ~= tonumber(ARGV[i + 1]) then
            return "organization \"" .. tenant .. "\" has " .. there .. " "
                   .. ARGV[i] .. "s, not " .. ARGV[i + 1]
        end
    end
    begin_changes(last)
    call("HINCRBY", prefix .. "meta", "holding", 2)
    if seq ~= "" then
        call("HSET", prefix .. "meta", "seq", seq)
    end
end


local function add_key(kind)
    local name, listed, goes = take(), take(), take()
    local key = "scim:" .. kind .. ":" .. name
    local owner = call("HGET", key, "tenant")
    if owner and owner ~= tenant then
        return "a " .. kind .. " of organization \"" .. tenant .. "\" is one of "
               .. "organization \"" .. clean(owner) .. "\" here"
    end
    if goes ~= "-" and tonumber(goes) <= now_ms then
        return
    end
    set_fields(key, at)
    if goes ~= "-" then
        call("PEXPIREAT", key, goes)
    end
    if goes ~= "-" and kind == "token" and call("HEXISTS", key, "client") == 1
    then
        local issued = prefix .. "issued:" .. call("HGET", key, "client")
        call("ZADD", issued, goes, name)
        local last = call("ZRANGE", issued, -1, -1, "WITHSCORES")
        call("PEXPIREAT", issued, last[2])
    end
    if listed == "1" then
        call("HSET", prefix .. kind .. "s", call("HGET", key, "name"), name)
    end
end


function kinds.token()
    return add_key("token")
end


function kinds.client()
    return add_key("client")
end


local before = call("HMGET", marker, "backup", "line", "format")
local line, answer

if before[1] ~= ARGV[2] then
    return fail("no restore of this backup is under way")
end

while ARGV[at] do
    local record = at
    local previous, kind, wrong
    words = record + tonumber(take())
    previous, line, kind, tenant = take(), take(), take(), take()
    prefix = "scim:{" .. tenant .. "}:"

    if record == 3 and previous ~= before[2] then
        return fail("another restore is under way")
    end
    if kind == "done" then
        call("SET", "scim:format", before[3] or "1")
        call("UNLINK", marker)
        return { "@done " .. take() }
    elseif tenant ~= "-" and kind ~= "token" and kind ~= "client"
           and others_write()
    then
        wrong = "somebody writes to organization \"" .. tenant
                .. "\" while it is restored: stop nginx"
    else
        wrong = kinds[kind]()
    end
    if wrong then
        return fail("line " .. line .. ": " .. wrong)
    end
    at = words + 1
end

call("HSET", marker, "line", line)
return { "@" .. line }
