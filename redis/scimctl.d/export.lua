-- A slice of an export: one line for each resource, in the order of creation.
--
-- ARGV  2 "page": type, "all" or, of groups, "plain" for those that hold no
--         group, where to go on, and where to end (both a seq)
--       2 "ids": where to end, ids of groups
--       2 "nested": where to go on and where to end, as above
--       2 "group": id: its line, without members and the end
--       2 "members": id, "members" or "groups", cursor, where to end
--       2 "state"
--
-- Returns  of "page" and "nested" where to go on, or "" at the end, and lines;
--          of "ids" how many were looked at, and lines; of both the last line
--          is "large" and an id if a group is too large for a page. A line of
--          "nested" is a group and a group in it. Of "members" the cursor, and
--          ids. Of "state" the seq that was given last, and lines of a type
--          and how many there are

local step = ARGV[2]
local few, slice = 1000, 200


-- leave out a member that was created after the export began
local function is_old(member, to)
    local seq = call("HGET", prefix .. "user:" .. member, "seq")
                or call("HGET", prefix .. "group:" .. member, "seq")
    return seq and tonumber(seq) <= to
end


local function old_members(key, to)
    local list = {}
    for _, set in ipairs({ ":members", ":groups" }) do
        for _, member in ipairs(call("SMEMBERS", key .. set)) do
            if is_old(member, to) then
                list[#list + 1] = member
            end
        end
    end
    table.sort(list)
    return list
end


-- the line, up to its members
local function head(type, id)
    local now = call("HMGET", prefix .. type .. ":" .. id, "doc", "ver",
                     "created", "modified", "seq")
    if not now[2] then
        return nil
    end
    if not (now[1] and now[3] and now[4] and now[5])
       or not string.find(now[2] .. " " .. now[5], "^[1-9]%d* [1-9]%d*$")
       or string.find(now[1] .. now[3] .. now[4], "[%z\1-\31]") or not pcall(cjson.decode, now[1])
    then
        return nil, type .. " \"" .. id .. "\" is damaged: scimctl check"
    end
    return string.format('{"type":"%s","version":%s,"created":"%s",'
                         .. '"modified":"%s","seq":%s,"resource":%s',
                         type, now[2], now[3], now[4], now[5], now[1])
end


local function size(key)
    return call("SCARD", key .. ":members") + call("SCARD", key .. ":groups")
end


-- one line, or nil for none, and what is wrong or "large"
local function line_of(type, id, to)
    local key = prefix .. type .. ":" .. id
    if type == "group" and size(key) > few then
        return nil, "large"
    end
    local line, wrong = head(type, id)
    if not line then
        return nil, wrong
    end
    local members = type == "group" and old_members(key, to) or {}
    if #members > 0 then
        line = line .. ',"members":["' .. table.concat(members, '","') .. '"]'
    end
    return line .. "}"
end


-- adds the lines of some resources; after the i-th, the scan continues at
-- behind[i]
local function lines_of(type, ids, behind, rest, to)
    local lines = { rest }
    for i, id in ipairs(ids) do
        local line, wrong = line_of(type, id, to)
        if wrong == "large" then
            lines[1] = behind[i]
            lines[#lines + 1] = "large " .. id
            return lines
        elseif wrong then
            return fail(wrong)
        end
        lines[#lines + 1] = line
    end
    return lines
end


local function page()
    local type, which, from, to = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
    local list = call("ZRANGE", prefix .. type .. "s", "(" .. from,
                      string.format("%.0f", to), "BYSCORE", "LIMIT", 0, slice,
                      "WITHSCORES")
    local ids, behind = {}, {}
    for i = 1, #list, 2 do
        if which == "all" or call("EXISTS", prefix .. "group:" .. list[i]
                                            .. ":groups") == 0
        then
            ids[#ids + 1] = list[i]
            behind[#ids] = list[i + 1]
        end
    end
    return lines_of(type, ids, behind, #list == 2 * slice and list[#list]
                                       or "", to)
end


local function ids()
    local list, behind = {}, {}
    for i = 4, #ARGV do
        list[#list + 1] = ARGV[i]
        behind[#list] = tostring(#list)
    end
    return lines_of("group", list, behind, tostring(#list), tonumber(ARGV[3]))
end


-- Goes on behind a group, or with "/" and a cursor in the middle of its groups.
local function nested()
    local from, cursor = string.match(ARGV[3], "^([^/]*)/?(%d*)$")
    local to, lines = tonumber(ARGV[4]), { "" }
    local list = call("ZRANGE", prefix .. "groups",
                      (cursor == "" and "(" or "") .. from,
                      string.format("%.0f", to), "BYSCORE", "LIMIT", 0, slice,
                      "WITHSCORES")
    for i = 1, #list, 2 do
        local key = prefix .. "group:" .. list[i] .. ":groups"
        local found = call("SSCAN", key, cursor == "" and "0" or cursor, "COUNT", 1000)
        for _, member in ipairs(found[2]) do
            lines[#lines + 1] = list[i] .. " " .. member
        end
        cursor = found[1] == "0" and "" or found[1]
        if cursor ~= "" then
            lines[1] = list[i + 1] .. "/" .. cursor
        elseif #lines > 1000 or i == 2 * slice - 1 then
            lines[1] = list[i + 1]
        end
        if lines[1] ~= "" then
            break
        end
    end
    return lines
end


local function members()
    local to, lines = tonumber(ARGV[6]), {}
    local found = call("SSCAN", prefix .. "group:" .. ARGV[3] .. ":" .. ARGV[4],
                       ARGV[5], "COUNT", 1000)
    lines[1] = found[1]
    for _, member in ipairs(found[2]) do
        if is_old(member, to) then
            lines[#lines + 1] = member
        end
    end
    return lines
end


local function state()
    local lines = { call("HGET", prefix .. "meta", "seq") or "0" }
    for _, type in ipairs(types()) do
        if type ~= "group" then
            lines[#lines + 1] = type .. " "
                                .. call("ZCARD", prefix .. type .. "s")
        end
    end
    lines[#lines + 1] = "group " .. call("ZCARD", prefix .. "groups")
    return lines
end


if not exists() then
    return no_tenant()
elseif step == "page" then
    return page()
elseif step == "ids" then
    return ids()
elseif step == "nested" then
    return nested()
elseif step == "group" then
    local line, wrong = head("group", ARGV[3])
    return wrong and fail(wrong) or line or ""
elseif step == "members" then
    return members()
end
return state()
