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


direct = call("SMEMBERS", prefix .. "user:" .. ARGV[1] .. ":groups")
table.sort(direct)

for _, group in ipairs(direct) do
    visit(group, "0")
end

local at = 1
while at <= #todo do
    local holders = call("SMEMBERS",
                         prefix .. "group:" .. todo[at] .. ":holders")
    table.sort(holders)
    for _, group in ipairs(holders) do
        visit(group, "1")
    end
    at = at + 1
end

return found
