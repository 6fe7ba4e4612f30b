-- The groups that hold a user, directly or through other groups.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 id of the user
--
-- Returns  a flat list: id, display name, "1" if through another group

local call = redis.call
local prefix = KEYS[1]
local most = 1000

local found, seen, todo = {}, {}, {}


local function visit(group, indirect)
    if seen[group] or #todo >= most then
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


local direct = call("SMEMBERS", prefix .. "user:" .. ARGV[1] .. ":groups")
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
