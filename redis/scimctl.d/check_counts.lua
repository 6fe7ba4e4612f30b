-- Compares what an organization is counted with, for its limits, with the sum over
-- its resources. It stands behind check.lua.
--
-- ARGV  3 where to go on: "1 1 0 0 0 -" at first, what was returned before then
--       4... organizations
--
-- Returns  where to go on, "" at the end; findings; "busy" and an organization
--          that was changed while it was counted

local org, kind, after, bytes, members, since =
    string.match(ARGV[3], "^(%d+) (%d+) (%S+) (%d+) (%d+) (%S+)$")
org, kind, bytes, members = tonumber(org), tonumber(kind), tonumber(bytes),
                            tonumber(members)

local left = 1000               -- resources of this slice


-- the latest change
local function latest()
    local key = prefix .. "changes"
    local last = type_of(key) == "stream" and call("XREVRANGE", key, "+", "-",
                                                   "COUNT", 1)
    return last and last[1] and last[1][1] or "0"
end


-- adds resources of a type; true if that were all
local function add_page(type)
    local list = prefix .. type .. "s"
    if type_of(list) ~= "zset" then
        return true
    end
    local found = call("ZRANGE", list, "(" .. after, "+inf", "BYSCORE", "LIMIT",
                       0, left, "WITHSCORES")
    for i = 1, #found, 2 do
        local key = prefix .. type .. ":" .. found[i]
        local n = is_hash(key) and call("HMGET", key, "n:bytes", "n:members")
                  or {}
        bytes = bytes + (tonumber(n[1] or 0) or 0)
        members = members + (tonumber(n[2] or 0) or 0)
        after = found[i + 1]
    end
    local all = #found < 2 * left
    left = left - #found / 2
    return all
end


local function compare(field, sum)
    local meta = prefix .. "meta"
    local told = call("HGET", meta, field)
    if (told or "0") ~= string.format("%.0f", sum) then
        damage("count", meta, field .. " is " .. (told or "absent") .. ", not "
               .. string.format("%.0f", sum), function()
            call("HSET", meta, field, string.format("%.0f", sum))
        end)
    end
end


while ARGV[3 + org] and left > 0 do
    set_tenant(ARGV[3 + org])
    if is_hash(prefix .. "meta") then
        local list = types()
        since = since == "-" and latest() or since
        while list[kind] and left > 0 and add_page(list[kind]) do
            kind, after = kind + 1, "0"
        end
        if list[kind] then
            break
        elseif latest() ~= since then
            findings[#findings + 1] = "busy\t" .. tenant
        else
            compare("bytes", bytes)
            compare("memberships", members)
        end
    end
    left = left - 1
    org, kind, after, bytes, members, since = org + 1, 1, "0", 0, 0, "-"
end

table.insert(findings, 1, ARGV[3 + org] and table.concat({ org, kind, after,
    string.format("%.0f", bytes), string.format("%.0f", members), since }, " ")
    or "")
return findings
