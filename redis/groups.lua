-- The groups that hold a user, directly or through other groups.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 id of the user
--
-- Returns  a flat list: id, display name, "1" if through another group; all
--          direct groups, and at most 1000 others

local call = redis.call
local prefix = KEYS[1]
local most = 1000

local found, seen, todo, direct = {}, {}, {}, {}
local moving = call("EXISTS", prefix .. "groups:moves") == 1


-- While very many members join or leave, more groups than those that hold a
-- member can be among its holders.
local function holders_of(key, set, member)
    local holders = {}
    for _, group in ipairs(call("SMEMBERS", key)) do
        if not moving or call("SISMEMBER", prefix .. "group:" .. group .. set,
                              member) == 1
        then
            holders[#holders + 1] = group
        end
    end
    table.sort(holders)
    return holders
end


local function visit(group, indirect)
    if seen[group] or #todo >= #direct + most then
        return
    end
    seen[group] = true
    todo[#todo + 1] = group

    local name = call("HGET", prefix .. "group:" .. group, "displayName")
    if name then
        found[#found + 1] = group
        found[#found + 1] = name
        found[#found + 1] = indirect
    end
end


direct = holders_of(prefix .. "user:" .. ARGV[1] .. ":groups", ":members",
                    ARGV[1])

for _, group in ipairs(direct) do
    visit(group, "0")
end

local at = 1
while at <= #todo do
    for _, group in ipairs(holders_of(prefix .. "group:" .. todo[at]
                                      .. ":holders", ":groups", todo[at]))
    do
        visit(group, "1")
    end
    at = at + 1
end

return found
