-- The beginning of every script of scimctl.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV[1]  the tenant; what follows is told by each script

local call = redis.call
local prefix, tenant = KEYS[1], ARGV[1]


-- an error with a text for the operator
local function fail(text)
    return redis.error_reply("SCIMCTL " .. text)
end


-- makes text fit a line and a column, without control characters: "\194" is the
-- first byte of those outside ASCII
local function clean(text)
    return (string.gsub(string.gsub(text or "", "[%c\127]", "?"),
                        "\194[\128-\159]", "?"))
end


-- one line: values joined by tabs, or an object with those names; false is
-- an empty column, and no member
local function row(format, names, values)
    local out = {}
    for i, name in ipairs(names) do
        local value = values[i]
        if format ~= "json" then
            out[i] = clean(value and tostring(value) or "")
        elseif value ~= nil and value ~= false and value ~= "" then
            out[#out + 1] = cjson.encode(name) .. ":" .. cjson.encode(value)
        end
    end
    if format == "json" then
        return "{" .. table.concat(out, ",") .. "}"
    end
    return table.concat(out, "\t")
end


-- a hash as a table
local function fields(key)
    local out, list = {}, call("HGETALL", key)
    for i = 1, #list, 2 do
        out[list[i]] = list[i + 1]
    end
    return out
end


local function sorted_keys(map)
    local list = {}
    for name in pairs(map) do
        list[#list + 1] = name
    end
    table.sort(list)
    return list
end


-- returns whether there is data, or a creation, of this tenant; a deleted one has
-- only the mark by which nothing is written to it
local function exists()
    if call("ZSCORE", "scim:tenants", tenant) then
        return true
    end
    return call("EXISTS", prefix .. "meta") == 1
           and call("HEXISTS", prefix .. "meta", "deleted") == 0
end

local function no_tenant()
    return fail("there is no organization \"" .. tenant .. "\"")
end


-- Returns an error if nothing may be added to the organization, else nil.
local function not_open()
    if not exists() then
        return no_tenant()
    end
    if call("HEXISTS", prefix .. "meta", "deleting") == 1 then
        return fail("organization \"" .. tenant .. "\" is being deleted")
    end
    if call("HGET", "scim:restoring", "org") == tenant then
        return fail("organization \"" .. tenant .. "\" is being restored")
    end
end


-- the resource types that the tenant has had, users first
local function types()
    local list = { "user", "group" }
    for _, field in ipairs(call("HKEYS", prefix .. "meta")) do
        local type = string.match(field, "^indexes:(.+)$")
        if type and type ~= "user" and type ~= "group" then
            list[#list + 1] = type
        end
    end
    return list
end


-- time --------------------------------------------------------------------

local clock = call("TIME")
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- days since 1970 of a date, and back (proleptic Gregorian calendar)
local function days_of(year, month, day)
    local y = month <= 2 and year - 1 or year
    local era = math.floor(y / 400)
    local yoe = y - era * 400
    local doy = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5)
                + day - 1
    local doe = yoe * 365 + math.floor(yoe / 4) - math.floor(yoe / 100) + doy
    return era * 146097 + doe - 719468
end

local function date_of(days)
    local z = days + 719468
    local era = math.floor(z / 146097)
    local doe = z - era * 146097
    local yoe = math.floor((doe - math.floor(doe / 1460)
                            + math.floor(doe / 36524)
                            - math.floor(doe / 146096)) / 365)
    local doy = doe - (365 * yoe + math.floor(yoe / 4)
                       - math.floor(yoe / 100))
    local mp = math.floor((5 * doy + 2) / 153)
    local day = doy - math.floor((153 * mp + 2) / 5) + 1
    local month = mp < 10 and mp + 3 or mp - 9
    return yoe + era * 400 + (month <= 2 and 1 or 0), month, day
end


local function rfc3339(ms, digits)
    local seconds = math.floor(ms / 1000)
    local rest = seconds % 86400
    local year, month, day = date_of((seconds - rest) / 86400)
    return string.format("%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
                         math.floor(rest / 3600), math.floor(rest / 60) % 60,
                         rest % 60)
           .. (digits and string.format(".%03d", ms % 1000) or "") .. "Z"
end


local units = { s = 1000, m = 60000, h = 3600000, d = 86400000 }

-- "90d", "12h" and the like, as ms; nil for anything else
local function duration(text)
    local n, unit = string.match(text, "^(%d+)([smhd])$")
    return n and #n < 9 and tonumber(n) * units[unit]
end


-- a date or a time in UTC as ms since 1970; nil for anything else
local function instant(text)
    local year, month, day, rest =
        string.match(text, "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
    if not year then
        return nil
    end
    local hour, minute, second, fraction = 0, 0, 0, ""
    if rest ~= "" then
        hour, minute, second, fraction =
            string.match(rest, "^T(%d%d):(%d%d):(%d%d)(%.?%d*)Z$")
        if not hour or fraction == "." or (fraction ~= ""
           and string.sub(fraction, 1, 1) ~= ".")
        then
            return nil
        end
    end
    year, month, day = tonumber(year), tonumber(month), tonumber(day)
    hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
    local days = days_of(year, month, day)
    local y, m, d = date_of(days)
    if y ~= year or m ~= month or d ~= day or hour > 23 or minute > 59
       or second > 59
    then
        return nil
    end
    return ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000
           + math.floor((tonumber("0" .. fraction) or 0) * 1000 + 0.5)
end


-- returns the expiry as it is stored: false for never, nil and the mistake
-- otherwise
local function expiry(text)
    if text == "" then
        return false
    end
    local after = duration(text)
    local at = after and now_ms + after or instant(text)
    if not at then
        return nil, "\"" .. clean(text) .. "\" is neither a time such as "
                    .. "2030-01-31T00:00:00Z nor a duration such as 90d"
    end
    if at <= now_ms then
        return nil, "\"" .. clean(text) .. "\" is not in the future"
    end
    return rfc3339(at)
end


local function is_expired(text)
    local at = text and instant(text)
    return at and at <= now_ms or false
end


-- tokens ------------------------------------------------------------------

local function store_token(digest, name, scope, expires)
    local key = "scim:token:" .. digest
    call("HSET", key, "tenant", tenant, "name", name, "scope", scope,
         "created", rfc3339(now_ms))
    if expires then
        call("HSET", key, "expires", expires)
    end
    call("HSET", prefix .. "tokens", name, digest)
end

