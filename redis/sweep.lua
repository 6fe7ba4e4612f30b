-- A slice of the rest of a change of very many members. If the group does not have
-- one of its former or planned members, it is removed from the holders of that
-- member. This also undoes a move that was not completed.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 the move, "" for one that nobody is at
--          2 how long nobody else may take it over, in ms
--          3 how many members
--
-- Returns  {"more", move}, {"end"} if the move is done with, {"none"} if there
--          is none

local call = redis.call
local prefix = KEYS[1]
local move, lease, slice = ARGV[1], ARGV[2], ARGV[3]

local moves = prefix .. "groups:moves"


-- any of them; the others have their turn another time
local function find()
    local some = call("HRANDFIELD", moves, "50", "WITHVALUES")
    for i = 1, #some, 2 do
        if string.find(some[i + 1], "^%a+ ")
           and call("EXISTS", moves .. ":" .. some[i] .. ":lease") == 0
        then
            return some[i]
        end
    end
end


local function finish()
    if move then
        call("HDEL", moves, move)
    end
    if call("EXISTS", moves) == 0 then
        call("SREM", "scim:moving", string.match(prefix, "^scim:{(.*)}:$"))
        if (call("HGET", prefix .. "meta", "holding") or 0) % 2 == 1 then
            call("HINCRBY", prefix .. "meta", "holding", "1")
        end
    end
end


if move == "" then
    move = find()
end

local what = move and call("HGET", moves, move)

if not what then
    move = nil
    finish()
    return { "none" }
end

local state, group = string.match(what, "^(%a+) (%S+)")
local key, set = prefix .. "group:" .. group, moves .. ":" .. move .. ":"

-- The first write removes something, so that Redis does not reject a later one
-- because memory is full.
if state == "stage" then
    call("HDEL", moves, "group:" .. group)
else
    call("HDEL", moves, "")
end


-- returns which of these are in the group, or about to be
local function kept(name, staged, members)
    local here = call("SMISMEMBER", key .. name, unpack(members))
    if staged then
        for i, is in ipairs(call("SMISMEMBER", staged, unpack(members))) do
            here[i] = here[i] + is
        end
    end
    return here
end


local function release(kind, holders, members, here)
    for i, member in ipairs(members) do
        local hash = prefix .. kind .. ":" .. member
        if here[i] == 0 and call("SREM", hash .. holders, group) == 1
           and call("HINCRBY", hash, "groups", "-1") <= 0
        then
            call("HDEL", hash, "groups")
        end
    end
end


-- from a place on, as members that are taken away leave gaps in front of it
local function sweep(kind, name, of, holders)
    local from = call("HGET", moves, move .. ":" .. of) or "0"
    local page = call("SSCAN", set .. of, from, "COUNT", slice)
    local members = page[2]

    if #members == 0 and page[1] == "0" and from == "0" then
        return false
    end

    call("HSET", moves, move .. ":" .. of, page[1])

    if #members > 0 then
        local other = call("HGET", moves, "group:" .. group)
        local staged = other and moves .. ":" .. other .. ":" .. of
        release(kind, holders, members, kept(name, staged, members))
        call("SREM", set .. of, unpack(members))
    end
    return true
end


if sweep("user", ":members", "users", ":groups")
   or sweep("group", ":groups", "groups", ":holders")
then
    call("HSET", moves, move, "gone " .. group)
    call("SET", set .. "lease", "1", "PX", lease)
    return { "more", move }
end

call("HDEL", moves, move .. ":users", move .. ":groups", move .. ":less")
call("UNLINK", set .. "added", set .. "removed", set .. "lease")
finish()
return { "end" }
