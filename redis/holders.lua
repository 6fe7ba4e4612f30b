-- The groups that hold a user or group directly.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 id
--
-- Returns  their ids

local call = redis.call
local prefix, id = KEYS[1], ARGV[1]
local moving = call("EXISTS", prefix .. "groups:moves") == 1
local found = {}


-- while very many members join or leave, not all of these hold it
local function collect(key, set)
    for _, group in ipairs(call("SMEMBERS", key)) do
        if not moving
           or call("SISMEMBER", prefix .. "group:" .. group .. set, id) == 1
        then
            found[#found + 1] = group
        end
    end
end


collect(prefix .. "user:" .. id .. ":groups", ":members")
collect(prefix .. "group:" .. id .. ":holders", ":groups")

return found
