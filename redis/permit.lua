-- Finds the user behind a name, and decides whether the user may pass: reads one user
-- and the groups that hold the user, directly or through others, as they are at one
-- moment.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 "id"; "unique", an index with one user for a value; or "lexical", one
--            with any number
--          2 name of the index  3 the folded value, or the id
--          4... groups, of which the user must be in one of each line: number of
--            groups of the line, then each by "id", "name" or "externalId" and the
--            folded value
--
-- Returns  {"none"}: no user; {"ambiguous"}: several users have the value
--          {"inactive", id}, {"outside", id}: not in a group of each line
--          {"ok", id, document, displayName of each group...}
--
-- At most a thousand groups of the user are looked at. Beyond them, a group counts only
-- if it holds the user directly, and is not listed.

local call, prefix = redis.call, KEYS[1]
local by, index, value = ARGV[1], prefix .. "users:by:" .. ARGV[2], ARGV[3]
local most = 1000

if call("HEXISTS", prefix .. "meta", "deleting") == 1 then
    return { "none" }
end


-- the ids, two at most, that a sorted set has for a value
local function lexical(set, text)
    local ids = {}
    local found = call("ZRANGEBYLEX", set, "[" .. text .. "\0",
                       "(" .. text .. "\1", "LIMIT", "0", "2")
    for _, entry in ipairs(found) do
        ids[#ids + 1] = string.sub(entry, #text + 2)
    end
    return ids
end


local ids
if by == "id" then
    ids = { value }
elseif by == "unique" then
    ids = { call("HGET", index, value) or nil }
else
    ids = lexical(index, value)
end

if ids[2] then
    return { "ambiguous" }
end

local id = ids[1]
local user = id and call("HMGET", prefix .. "user:" .. id, "ver", "active", "doc",
                         "groups")
if not user or not user[1] then
    return { "none" }
elseif user[2] == "false" then
    return { "inactive", id }
end


-- groups ------------------------------------------------------------------

local answer, seen, looked, partial = { "ok", id, user[3] }, {}, 0, false
local moving = user[4] and call("EXISTS", prefix .. "groups:moves") == 1


-- While very many members change, what a member knows of its groups can be more
-- than the truth.
local function holds(group, set, member)
    return not moving or call("SISMEMBER", prefix .. "group:" .. group .. set,
                              member) == 1
end


-- notes the groups in a set of holders, and those above them as things to do
local function above(set, of, member, todo)
    if looked + call("SCARD", set) > most then
        partial = true
        return
    end
    local list = call("SMEMBERS", set)
    looked = looked + #list
    for _, group in ipairs(list) do
        if not seen[group] and holds(group, of, member) then
            local had = call("HMGET", prefix .. "group:" .. group, "displayName",
                             "groups")
            seen[group] = true
            answer[#answer + 1] = had[1] or nil
            todo[#todo + 1] = had[2] and group or nil
        end
    end
end


local function look()
    local todo = {}
    above(prefix .. "user:" .. id .. ":groups", ":members", id, todo)
    while todo[1] do
        local group = table.remove(todo)
        above(prefix .. "group:" .. group .. ":holders", ":groups", group, todo)
    end
end


-- Returns whether the user is in this group.
local function inside(kind, text)
    local group = text
    if kind == "name" then
        group = call("HGET", prefix .. "groups:by:displayName", text)
    elseif kind == "externalId" then
        local found = lexical(prefix .. "groups:by:externalId", text)
        group = not found[2] and found[1]
    end
    return group and (seen[group] or partial
        and call("SISMEMBER", prefix .. "group:" .. group .. ":members", id) == 1)
end


if user[4] then
    look()
end

local at = 4
while ARGV[at] do
    local last, passed = at + 2 * ARGV[at], false
    for i = at + 1, last, 2 do
        passed = passed or inside(ARGV[i], ARGV[i + 1])
    end
    if not passed then
        return { "outside", id }
    end
    at = last + 1
end

return answer
