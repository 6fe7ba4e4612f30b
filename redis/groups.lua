-- Returns the groups that hold some users or groups directly. One call reads about
-- a thousand keys.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 "names" if the groups are to be described, else "ids"
--          2... of each user or group: "user" or "group", its id, and where to
--            go on, "0" to begin with
--
-- Returns  {holders, groups}
--          holders  for each that was looked at, in the order of ARGV: where to
--                   go on, "0" if this was all, and the ids of groups; only of
--                   the last is there more to come. SSCAN can tell one twice.
--          groups   a flat list: id, display name, and how many groups hold it
--                   at most; each once

local call = redis.call
local prefix = KEYS[1]
local names = ARGV[1] == "names"
local most, looked = 1000, 0

local holders, groups, seen = {}, {}, {}
local moving = call("EXISTS", prefix .. "groups:moves") == 1


local function describe(group)
    if not names or seen[group] then
        return
    end
    seen[group] = true
    looked = looked + 1

    local had = call("HMGET", prefix .. "group:" .. group, "displayName",
                     "groups")
    if had[1] then
        groups[#groups + 1] = group
        groups[#groups + 1] = had[1]
        groups[#groups + 1] = had[2] or "0"
    end
end


-- While very many members change, the holders of a member can include other
-- groups.
local function slice(kind, id, from)
    local user = kind == "user"
    local key = prefix .. kind .. ":" .. id .. (user and ":groups"
                                                or ":holders")
    local page = call("SSCAN", key, from, "COUNT", "250")
    local found = { page[1] }

    for _, group in ipairs(page[2]) do
        looked = looked + 1
        if not moving or call("SISMEMBER", prefix .. "group:" .. group
                              .. (user and ":members" or ":groups"), id) == 1
        then
            found[#found + 1] = group
            describe(group)
        end
    end

    holders[#holders + 1] = found
    looked = looked + 1
    return page[1] == "0"
end


for i = 2, #ARGV, 3 do
    if not slice(ARGV[i], ARGV[i + 1], ARGV[i + 2]) or looked >= most then
        break
    end
end

return { holders, groups }
