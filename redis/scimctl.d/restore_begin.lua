-- Begins a restore, or undoes it.
--
-- ARGV  2 "look": whether there is anything in this server; 3 cursor
--       2 "begin": 3 the backup, by its last sum  4 when it was made
--         5 "all", or "one" for the organization only
--       2 "undo": 3 cursor
--       2 "state"
--
-- Returns  of "look" and "undo" where to go on, 0 at the end; of "begin" the
--          line that was carried out last; of "state" what is under way, "" for
--          nothing: "all" or "one", an organization, the time of the backup

local marker = "scim:restoring"
local step = ARGV[2]


local function state()
    local now = call("HMGET", marker, "scope", "org", "made")
    return now[1] and { now[1], now[2] or "", now[3] } or ""
end


-- keys that the module and this script write are not data
local known = { ["scim:format"] = true, ["scim:directory"] = true,
                [marker] = true }

local function look()
    local page = call("SCAN", ARGV[3], "MATCH", "scim:*", "COUNT", 1000)
    for _, key in ipairs(page[2]) do
        if not known[key] then
            return fail("this server is not empty, it has the key \""
                        .. clean(key) .. "\": --org restores one organization")
        end
    end
    return page[1]
end


local function is_there()
    return exists() or call("EXISTS", prefix .. "users", prefix .. "groups",
                            prefix .. "changes") > 0
end


local function begin()
    local now = call("HMGET", marker, "backup", "line", "scope", "org", "made")
    local one = ARGV[5] == "one"
    if now[1] then
        if now[1] ~= ARGV[3] or now[3] ~= ARGV[5] or one and now[4] ~= tenant
        then
            return fail("a restore of " .. (now[3] == "one" and "organization \""
                        .. now[4] .. "\" from " or "") .. "the backup of "
                        .. now[5] .. " has not come to its end: repeat it, or "
                        .. "scimctl restore --undo")
        end
        return now[2]
    end
    if one and is_there() then
        return fail("there is an organization \"" .. tenant .. "\" already")
    end
    call("HSET", marker, "backup", ARGV[3], "made", ARGV[4], "scope", ARGV[5],
         "line", "0")
    if one then
        call("HSET", marker, "org", tenant)
    else
        call("SET", "scim:format", "restoring")
    end
    return "0"
end


local function undo()
    local page = call("SCAN", ARGV[3], "MATCH", "scim:*", "COUNT", 1000)
    for _, key in ipairs(page[2]) do
        if not known[key] then
            call("UNLINK", key)
        end
    end
    if page[1] == "0" then
        call("SET", "scim:format", "1")
        call("UNLINK", marker)
    end
    return page[1]
end


if step == "look" then
    return look()
elseif step == "begin" then
    return begin()
elseif step == "undo" then
    return undo()
elseif step == "forget" then
    return call("UNLINK", marker)
end
return state()
