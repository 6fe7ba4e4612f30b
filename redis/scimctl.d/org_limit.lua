-- Shows or changes the limits of an organization.
--
-- ARGV  2 "text" or "json"  3... WHAT=NUMBER or WHAT=default, or nothing
--
-- Returns  a line for each: what, how many there are, how many there may be

local wrong = not_open()
if wrong then
    return wrong
end

local meta = prefix .. "meta"
local limits = {}

for what, number in string.gmatch(call("HGET", meta, "limits") or "",
                                  "(%w+)=(%d+)")
do
    limits[what] = number
end

local has = { memberships = call("HGET", meta, "memberships") or "0",
              bytes = call("HGET", meta, "bytes") or "0" }

-- OAuth tokens are limited by client: those of the client that has the most
has.tokens = 0
for _, client in pairs(fields(prefix .. "clients")) do
    has.tokens = math.max(has.tokens, call("ZCOUNT", prefix .. "issued:" .. client,
                                           now_ms, "+inf"))
end

for _, type in ipairs(types()) do
    has[type .. "s"] = call("ZCARD", prefix .. type .. "s")
end

for i = 3, #ARGV do
    local what, number = string.match(ARGV[i], "^(%l[%l%d]*)=(%w+)$")
    if not has[what or ""] then
        return fail("\"" .. clean(ARGV[i]) .. "\" is none of "
                    .. table.concat(sorted_keys(has), "=, ") .. "=")
    elseif number ~= "default" and not string.find(number, "^%d+$")
           or #number > 15
    then
        return fail("\"" .. clean(number) .. "\" is neither a number nor "
                    .. "\"default\"")
    elseif what == "tokens" and tonumber(number) == 0 then
        return fail("a client needs at least one token: delete the client instead")
    end
    limits[what] = number ~= "default" and number or nil
end

local words = {}
for _, what in ipairs(sorted_keys(limits)) do
    words[#words + 1] = what .. "=" .. limits[what]
end

if #words > 0 then
    call("HSET", meta, "limits", table.concat(words, " "))
else
    call("HDEL", meta, "limits")
end

local lines = {}
for _, what in ipairs(sorted_keys(has)) do
    lines[#lines + 1] = row(ARGV[2], { "what", "has", "limit" },
                            { what, tonumber(has[what]),
                              tonumber(limits[what]) })
end
return lines
