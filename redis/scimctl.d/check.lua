-- The parts that the scripts of a check share. It follows common.lua.
--
-- ARGV  2 "check" or "repair"  3... as the part tells
--
-- A finding is a line of tenant, kind, key, detail and state ("found",
-- "mended" or "left" for what cannot be mended), joined by tabs.

local repair = ARGV[2] == "repair"
local findings = {}


local function type_of(key)
    return call("TYPE", key).ok
end


-- notes damage, and repairs it if that is possible and wanted; a repair that
-- returns false has failed
local function damage(kind, key, detail, mend)
    local state = "found"
    if repair then
        state = mend and mend() ~= false and "mended" or "left"
        if state == "mended" and prefix and type_of(prefix .. "meta") == "hash" then
            call("HINCRBY", prefix .. "meta", "holding", 2)
        end
    elseif not mend then
        state = "left"
    end
    findings[#findings + 1] = table.concat(
        { tenant, kind, clean(key), clean(detail), state }, "\t")
end


local function is_hash(key)
    return type_of(key) == "hash"
end


-- returns whether there is data, or a creation, of this tenant; nothing is assumed
local function exists()
    return type_of(prefix .. "meta") ~= "none"
           or type_of("scim:tenants") == "zset"
              and call("ZSCORE", "scim:tenants", tenant)
end


local function set_tenant(name)
    tenant, prefix = name, "scim:{" .. name .. "}:"
end


-- the sets of a user or group, and the counterpart of each: the kind of its
-- members, their set, and whether it follows from the other
local sets = {
    ["group members"] = { of = "user", back = ":groups", leads = true },
    ["group groups"] = { of = "group", back = ":holders", leads = true },
    ["group holders"] = { of = "group", back = ":groups", leads = false },
    ["user groups"] = { of = "group", back = ":members", leads = false },
}


-- Returns the number of groups that hold a user or group, as its hash has it.
local function count_holders(type, id)
    local key = prefix .. type .. ":" .. id
    if not is_hash(key) then
        return
    end
    local set = key .. (type == "user" and ":groups" or ":holders")
    local there = type_of(set)
    local count = (there == "set" or there == "none") and call("SCARD", set)
                  or 0
    local told = call("HGET", key, "groups")
    if told ~= (count > 0 and tostring(count) or false) then
        damage("counter", key, "groups is " .. (told or "absent") .. ", not "
               .. count, function()
            if count > 0 then
                call("HSET", key, "groups", count)
            else
                call("HDEL", key, "groups")
            end
        end)
    end
end


-- the version of a group changes when it loses a member
local function drop_member(group, set, member)
    call("SREM", set, member)
    if call("HEXISTS", group.key, "n:members") == 1 and is_hash(prefix .. "meta")
    then
        call("HINCRBY", group.key, "n:members", -1)
        call("HINCRBY", prefix .. "meta", "memberships", -1)
    end
    local version = call("HINCRBY", group.key, "ver", 1)
    local there = type_of(prefix .. "changes")
    if there ~= "stream" and there ~= "none" then
        return
    end
    call("XADD", prefix .. "changes", "MAXLEN", "~", 100000, "*",
         "op", "update", "type", "group", "id", group.id, "ver", version,
         "actor", "scimctl", "attrs", "members")
    redis.pcall("PUBLISH", "scim:changed", prefix .. "group:" .. group.id)
end


-- Returns whether the group has a move that is pending or not yet swept. Then too
-- many members can have it as their holder.
local moving = {}

local function is_moving(group)
    if not moving[prefix] then
        local found, moves = {}, prefix .. "groups:moves"
        for _, value in pairs(is_hash(moves) and fields(moves) or {}) do
            found[string.match(value, "^%l+ (%S+)") or ""] = true
        end
        moving[prefix] = found
    end
    return moving[prefix][group]
end


local function check_member(type, id, set, name, member)
    local link = sets[type .. " " .. name]
    local other = prefix .. link.of .. ":" .. member
    local back = other .. link.back
    local there = type_of(back)

    if not link.leads and is_moving(member) then
        return
    end

    if not string.find(member, "^[%w_-]+$") or not is_hash(other) then
        damage("dangling", set, "no " .. link.of .. " \"" .. member .. "\"",
               function()
            if link.leads then
                drop_member({ key = prefix .. "group:" .. id, id = id }, set,
                            member)
            else
                call("SREM", set, member)
                count_holders(type, id)
            end
        end)
    elseif there ~= "none" and there ~= "set" then
        return
    elseif call("SISMEMBER", back, id) == 0 then
        damage("one-sided", set, "\"" .. member .. "\" is not in " .. back,
               function()
            if link.leads then
                call("SADD", back, id)
                count_holders(link.of, member)
            else
                call("SREM", set, member)
                count_holders(type, id)
            end
        end)
    end
end


-- a line of each group in a group, for the search for cycles
local function check_set(key, type, id, name, members)
    for _, member in ipairs(members) do
        check_member(type, id, key, name, member)
        if type == "group" and name == "groups" then
            findings[#findings + 1] = table.concat({ "nested", tenant, id,
                                                     clean(member) }, "\t")
        end
    end
end


-- entries of a list: an id, whose resource is there and has that number
local function check_list(key, type, entries)
    for i = 1, #entries, 2 do
        local id, seq = entries[i], entries[i + 1]
        local resource = prefix .. type .. ":" .. id
        if not string.find(id, "^[%w_-]+$") or not is_hash(resource) then
            damage("listed", key, "no " .. type .. " \"" .. id .. "\"",
                   function()
                call("ZREM", key, id)
            end)
        end
    end
end


local function has_value(text, value)
    return text and string.find("\0" .. text .. "\0", "\0" .. value .. "\0",
                                1, true)
end


-- entries of an index: their resource has the value, in its own words
local function check_index(key, type, name, entries, unique)
    for i = 1, #entries, 2 do
        local value, id
        if unique then
            value, id = entries[i], entries[i + 1]
        else
            value, id = string.match(entries[i], "^(.*)%z([^%z]*)$")
        end
        local resource = prefix .. type .. ":" .. (id or "")
        local field = (unique and "uq:" or "by:") .. name
        if not id or not string.find(id, "^[%w_-]+$")
           or not is_hash(resource)
           or not has_value(call("HGET", resource, field), value)
        then
            damage("stale-entry", key, string.gsub(entries[i], "%z", " ")
                   .. (unique and " " .. id or ""), function()
                if unique then
                    call("HDEL", key, entries[i])
                else
                    call("ZREM", key, entries[i])
                end
            end)
        end
    end
end


-- other types are known by what meta has of their indexes
local function is_known(type)
    return type == "user" or type == "group"
           or type and is_hash(prefix .. "meta")
              and call("HEXISTS", prefix .. "meta", "indexes:" .. type) == 1
end


-- Returns the type that a key must have and the resource that it belongs to, or
-- nil for a foreign key.
local function classify(rest)
    local type, name = string.match(rest, "^(%w+)s:by:(.+)$")
    if is_known(type) then
        return { kind = "index", types = "hash zset", type = type,
                 name = name }
    end
    local id
    type, id, name = string.match(rest, "^(%w+):([%w_-]+):(%a+)$")
    if type and sets[type .. " " .. name] then
        return { kind = "set", types = "set", type = type, id = id,
                 name = name }
    end
    type, id = string.match(rest, "^(%w+):([%w_-]+)$")
    if is_known(type) then
        return { kind = "resource", types = "hash", type = type, id = id }
    end
    if rest == "changes" or rest == "log" or rest == "cycles" then
        return { kind = "stream", types = "stream" }
    elseif rest == "cycle" then
        return { kind = "hash", types = "hash" }
    elseif rest == "meta" or rest == "tokens" or rest == "clients"
           or rest == "import"
    then
        return { kind = rest, types = "hash" }
    end
    if rest == "groups:moves" then
        return { kind = "moves", types = "hash" }
    end
    if string.find(rest, "^issued:[%w._-]+$") then
        return { kind = "issued", types = "zset" }
    end
    local move = string.match(rest, "^groups:moves:([%w_-]+):%l+$")
    if move then
        return { kind = "move", types = "set string", id = move }
    end
    type = string.match(rest, "^(%w+)s$")
    return is_known(type) and { kind = "list", types = "zset", type = type }
end


-- reads a part of a large key, or a small one as a whole; returns where to
-- continue
local function check_part(key, what, cursor)
    local found
    local count = { "COUNT", 1000 }
    if what.kind == "set" then
        found = call("SSCAN", key, cursor, unpack(count))
        check_set(key, what.type, what.id, what.name, found[2])
    elseif what.kind == "list" then
        found = call("ZSCAN", key, cursor, unpack(count))
        check_list(key, what.type, found[2])
    else
        local unique = is_hash(key)
        found = call(unique and "HSCAN" or "ZSCAN", key, cursor,
                     unpack(count))
        check_index(key, what.type, what.name, found[2], unique)
    end
    return found[1]
end

