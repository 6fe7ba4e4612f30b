-- Saves the numbers that one nginx has counted for a tenant's cycle. Each nginx in
-- front of this Redis has a part of the cycle. Calling the script again with the
-- same part changes nothing.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 name of the part: of the nginx, and when its part began
--          2 "running" or "ended"
--          3 now  4 the pause that ends a cycle, both in seconds
--          5 how many failures Entra ID takes, 6 or how many from which on,
--            7 if they are more than so many in a hundred events
--          8 how many cycles are kept
--          9 the time of the first request, in seconds  10 and as text
--         11 that of the latest, in seconds  12 and as text
--         13... the numbers, in the order below
--
-- Returns  {"ok"}

local call = redis.call
local key = KEYS[1] .. "cycle"
local name, now, pause = "part:" .. ARGV[1], ARGV[3], ARGV[4]
local names = { "requests", "events", "created", "updated", "disabled",
                "deleted", "failed" }

if call("HEXISTS", KEYS[1] .. "meta", "deleting") == 1 then
    return { "ok" }
end

local parts, list = {}, call("HGETALL", key)

for i = 1, #list, 2 do
    if string.sub(list[i], 1, 5) == "part:" then
        parts[list[i]] = list[i + 1]
    elseif list[i] == "closed"
           and string.find(list[i + 1], name, 1, true)
    then
        return { "ok" }
    end
end

parts[name] = ARGV[2] .. " " .. table.concat(ARGV, " ", 9)


-- the sum of the parts; a nginx that is gone does not end its own part
local open, closed, sum = false, {}, {}
local began, last

for part, text in pairs(parts) do
    local words = {}
    for word in string.gmatch(text, "%S+") do
        words[#words + 1] = word
    end
    if words[1] == "running" and (part == name or words[4] + pause > now + 0)
    then
        open = true
    end
    if not began or words[2] + 0 < began[1] then
        began = { words[2] + 0, words[3] }
    end
    if not last or words[4] + 0 > last[1] then
        last = { words[4] + 0, words[5] }
    end
    for i = 1, #names do
        sum[i] = (sum[i] or 0) + words[5 + i]
    end
    closed[#closed + 1] = part
end

local events, failed = sum[2], sum[7]
local quarantine = failed > tonumber(ARGV[5])
                   or failed >= tonumber(ARGV[6])
                      and failed * 100 > events * ARGV[7]

local cycle = { "began", began[2], "last", last[2],
                "quarantine", quarantine and "1" or "0" }
for i, number in ipairs(names) do
    cycle[#cycle + 1] = number
    cycle[#cycle + 1] = string.format("%d", sum[i])
end

call("HSET", key, "state", open and "running" or "ended", unpack(cycle))

if open then
    call("HSET", key, name, parts[name])
else
    call("XADD", KEYS[1] .. "cycles", "MAXLEN", "~", ARGV[8], "*",
         unpack(cycle))
    call("HDEL", key, unpack(closed))
    call("HSET", key, "closed", table.concat(closed, " "))
end

return { "ok" }
