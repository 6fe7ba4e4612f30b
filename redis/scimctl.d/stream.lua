-- Returns a slice of the provisioning log or of the change stream.
--
-- ARGV  2 "log" or "changes"
--       3 "since", "last" or "next"
--       4 a time, a duration or an entry's id; how many; where to go on
--       5 "failed" for entries with a status of 400 or more only
--       6 "text" or "json"
--
-- Returns  of "since" and "last" where to begin; of "next" where to go on,
--          whether there is more at once ("1" or "0"), and lines

local key, verb = prefix .. ARGV[2], ARGV[3]

local columns = {
    log = { "op", "type", "id", "status", "scimType", "token", "ms", "request",
            "name", "detail" },
    changes = { "op", "type", "id", "ver", "actor", "attrs" },
}


local function wanted(entry)
    if ARGV[5] ~= "failed" then
        return true
    end
    local list = entry[2]
    for i = 1, #list, 2 do
        if list[i] == "status" then
            return (tonumber(list[i + 1]) or 0) >= 400
        end
    end
    return false
end


-- finds the entry before the first one to show
local function since(text)
    local ms, seq = string.match(text, "^(%d+)%-(%d+)$")
    if ms then
        return text
    end
    local span = duration(text)
    local at = span and now_ms - span or instant(text)
    if not at then
        return fail("\"" .. clean(text) .. "\" is neither a duration such as "
                    .. "2h, a time such as 2026-11-24T22:00:00Z, nor the id "
                    .. "of an entry")
    end
    return string.format("%.0f-18446744073709551615", math.max(at - 1, 0))
end


-- looks at no more than twenty thousand older entries
local function last(n)
    local to, at = "+", nil
    for _ = 1, 20 do
        local page = call("XREVRANGE", key, to, "-", "COUNT", 1000)
        for _, entry in ipairs(page) do
            if n == 0 then
                return entry[1]
            end
            if wanted(entry) then
                n = n - 1
            end
            at = entry[1]
        end
        if #page < 1000 then
            return n == 0 and at and #page == 0 and at or "0-0"
        end
        to = "(" .. at
    end
    return at
end


local function line(entry)
    local values, list = {}, entry[2]
    for i = 1, #list, 2 do
        values[list[i]] = list[i + 1]
    end
    local names, cells = { "time" }, { rfc3339(tonumber(
        string.match(entry[1], "^%d+")), true) }
    if ARGV[6] == "json" then
        names[2], cells[2] = "entry", entry[1]
    end
    for _, name in ipairs(columns[ARGV[2]]) do
        names[#names + 1] = name
        cells[#names] = values[name] or false
    end
    return row(ARGV[6], names, cells)
end


local function following(from)
    local page = call("XRANGE", key, "(" .. from, "+", "COUNT", 500)
    local out = { #page > 0 and page[#page][1] or from,
                  #page == 500 and "1" or "0" }
    for _, entry in ipairs(page) do
        if wanted(entry) then
            out[#out + 1] = line(entry)
        end
    end
    return out
end


if not exists() then
    return no_tenant()
elseif verb == "since" then
    return since(ARGV[4])
elseif verb == "last" then
    return last(tonumber(ARGV[4]))
end
return following(ARGV[4])
