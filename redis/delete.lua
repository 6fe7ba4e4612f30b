-- Deletes one resource with its index entries and its memberships.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 type  2 id  3 expected version, "" for any  4 now  5 actor
--          6 length of the change stream
--          7 for the provisioning log, 0 or nothing if there is to be none:
--            number of arguments, length of the log, names and values of the
--            fields of an entry
--
-- Returns  {"ok"}, {"missing"} or {"stale"}

local call = redis.call
local prefix = KEYS[1]
local type, id, expected = ARGV[1], ARGV[2], ARGV[3]
local now, actor, maxlen = ARGV[4], ARGV[5], ARGV[6]

local key = prefix .. type .. ":" .. id
local version = call("HGET", key, "ver")

if not version then
    return { "missing" }
end

if expected ~= "" and expected ~= version then
    return { "stale" }
end


local function event(op, of_type, of_id, ver, attrs)
    call("XADD", prefix .. "changes", "MAXLEN", "~", maxlen, "*",
         "op", op, "type", of_type, "id", of_id, "ver", ver, "actor", actor,
         "attrs", attrs)
end


-- calls a function with each member of a set, in slices
local function each(set, fn)
    local cursor = "0"
    repeat
        local page = call("SSCAN", set, cursor, "COUNT", 1000)
        cursor = page[1]
        for _, member in ipairs(page[2]) do
            fn(member)
        end
    until cursor == "0"
end


local function remove_index_entries()
    local fields = call("HKEYS", key)
    for _, field in ipairs(fields) do
        local kind, name = string.match(field, "^(%a%a):(.+)$")
        if kind == "uq" or kind == "by" then
            local by = prefix .. type .. "s:by:" .. name
            for value in string.gmatch(call("HGET", key, field), "[^%z]+") do
                if kind == "by" then
                    call("ZREM", by, value .. "\0" .. id)
                elseif call("HGET", by, value) == id then
                    call("HDEL", by, value)
                end
            end
        end
    end
end


-- groups that hold what is deleted lose a member
local function leave_groups()
    local holders = key .. (type == "user" and ":groups" or ":holders")
    local set = type == "user" and ":members" or ":groups"

    each(holders, function(group)
        local hash = prefix .. "group:" .. group
        if call("SREM", hash .. set, id) == 1 then
            local ver = call("HINCRBY", hash, "ver", 1)
            call("HSET", hash, "modified", now)
            event("update", "group", group, ver, "members")
        end
    end)

    call("UNLINK", holders)
end


-- what a deleted group held is held by one group less
local function release(kind, set, holders)
    each(set, function(member)
        local hash = prefix .. kind .. ":" .. member
        if call("SREM", hash .. holders, id) == 1
           and call("HINCRBY", hash, "groups", -1) <= 0
        then
            call("HDEL", hash, "groups")
        end
    end)
    call("UNLINK", set)
end


remove_index_entries()

if type == "user" or type == "group" then
    leave_groups()
end

if type == "group" then
    release("user", key .. ":members", ":groups")
    release("group", key .. ":groups", ":holders")
end

call("ZREM", prefix .. type .. "s", id)
call("UNLINK", key)
event("delete", type, id, version, "")

if ARGV[8] then
    call("XADD", prefix .. "log", "MAXLEN", "~", ARGV[8], "*",
         unpack(ARGV, 9))
end

return { "ok" }
