-- Deletes one resource with its index entries and its memberships. If very many
-- groups hold it, it leaves some of them at each call, and the last call deletes
-- it. The members of a large group are left to sweep.lua.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 type  2 id  3 expected version, "" for any  4 now  5 actor
--          6 length of the change stream
--          7 for the provisioning log, 0 or nothing if there is to be none:
--            number of arguments, length of the log, names and values of the
--            fields of an entry
--
-- Returns  {"ok"}, {"ok", move} if there is something to sweep, {"more"} if it
--          is to be called again, {"missing"}, {"stale"}, or {"deleted"} if the
--          tenant is about to be

local call = redis.call
local prefix = KEYS[1]
local type, id, expected = ARGV[1], ARGV[2], ARGV[3]
local now, actor, maxlen = ARGV[4], ARGV[5], ARGV[6]

local key, meta = prefix .. type .. ":" .. id, prefix .. "meta"
local had = call("HMGET", key, "ver", "n:bytes", "n:members")
local version = had[1]

if not version then
    return { "missing" }
elseif call("HEXISTS", meta, "deleting") == 1 then
    return { "deleted" }
end

if expected ~= "" and expected ~= version then
    return { "stale" }
end


local function event(op, of_type, of_id, ver, attrs)
    call("XADD", prefix .. "changes", "MAXLEN", "~", maxlen, "*",
         "op", op, "type", of_type, "id", of_id, "ver", ver, "actor", actor,
         "attrs", attrs)
    if of_type == "user" or of_type == "group" then
        redis.pcall("PUBLISH", "scim:changed", prefix .. of_type .. ":" .. of_id)
    end
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


-- Lowers a counter of the tenant.
local function count(what, n)
    if n + 0 > 0 then
        call("HINCRBY", meta, what, string.format("-%d", n))
    end
end


local few = 500
local moves = prefix .. "groups:moves"
local moving = call("EXISTS", moves) == 1


-- a change of very many members that is under way
local function staged(group, set)
    local move = moving and call("HGET", moves, "group:" .. group)
    return move and moves .. ":" .. move .. ":" .. set
end


-- Removes the resource from some of its groups. Returns true if there are more.
local function leave_groups()
    local holders = key .. (type == "user" and ":groups" or ":holders")
    local set = type == "user" and "users" or "groups"
    local groups, gone = call("SPOP", holders, few), 0

    for _, group in ipairs(groups) do
        local hash = prefix .. "group:" .. group
        local stage = staged(group, set)
        if stage then
            call("SREM", stage, id)
        end
        if call("SREM", hash .. (type == "user" and ":members" or ":groups"),
                id) == 1
        then
            local ver = call("HINCRBY", hash, "ver", "1")
            call("HSET", hash, "modified", now)
            if call("HEXISTS", hash, "n:members") == 1 then
                call("HINCRBY", hash, "n:members", "-1")
                gone = gone + 1
            end
            event("update", "group", group, ver, "members")
        end
    end

    count("memberships", gone)

    local left = call("SCARD", holders)
    if left > 0 then
        call("HSET", key, "groups", left)
    end
    return left > 0
end


-- The groups in a deleted group have one holder less.
local function release(kind, set, holders)
    local members = call("SMEMBERS", set)
    if kind == "group" and members[1] then
        call("HINCRBY", meta, "holding", "2")
    end
    for _, member in ipairs(members) do
        local hash = prefix .. kind .. ":" .. member
        if call("SREM", hash .. holders, id) == 1
           and call("HINCRBY", hash, "groups", "-1") <= 0
        then
            call("HDEL", hash, "groups")
        end
    end
    call("UNLINK", set)
end


local function move_away(users, groups)
    call("HSET", moves, id, "gone " .. id)
    if (call("HGET", meta, "holding") or 0) % 2 == 0 then
        call("HINCRBY", meta, "holding", "1")
    end
    call("SET", moves .. ":" .. id .. ":lease", "1", "PX", "5000")
    call("SADD", "scim:moving", string.match(prefix, "^scim:{(.*)}:$"))

    for to, set in pairs({ users = users, groups = groups }) do
        if call("EXISTS", set) == 1 then
            call("RENAME", set, moves .. ":" .. id .. ":" .. to)
        end
    end
    return id
end


-- returns the move to sweep, if there is one
local function leave_members()
    local users, groups = key .. ":members", key .. ":groups"
    local other = moving and call("HGET", moves, "group:" .. id)

    if other then
        call("HDEL", moves, "group:" .. id)
        call("HSET", moves, other, "gone " .. id)
        call("UNLINK", moves .. ":" .. other .. ":lease")
    end
    if call("SCARD", users) + call("SCARD", groups) > few then
        return move_away(users, groups)
    end
    release("user", users, ":groups")
    release("group", groups, ":holders")
end


-- When memory is full, Redis rejects only the first write of a script that could
-- use more. A deletion must be possible even then.
call("HDEL", key, "")

if (type == "user" or type == "group") and leave_groups() then
    return { "more" }
end

local move = type == "group" and leave_members()

remove_index_entries()
count("bytes", had[2] or 0)
count("memberships", had[3] or 0)
call("ZREM", prefix .. type .. "s", id)
call("UNLINK", key)
event("delete", type, id, version, "")

if ARGV[8] then
    call("XADD", prefix .. "log", "MAXLEN", "~", ARGV[8], "*",
         unpack(ARGV, 9))
end

return { "ok", move or nil }
