-- Deletes a part of an organization. What is left is found again by calling
-- it again: the place in the list of organizations goes last. "deleting" in meta
-- stays, and with it "deleted", the time: as long as they are there nothing is
-- written to the organization, whoever still knows one of its tokens.
--
-- ARGV  2 the step: "begin", "resources", "scan" or "end"
--       3 where the scan goes on
--
-- Returns  how much was deleted; of "scan", where it goes on

local step, slice = ARGV[2], 500


-- Revokes all access, and marks the organization as being deleted.
local function begin()
    if not exists() then
        return no_tenant()
    end
    -- When memory is full, Redis rejects only the first write of a script that
    -- could use more.
    call("HDEL", prefix .. "meta", "")
    call("HSET", prefix .. "meta", "deleting", "1")
    redis.pcall("PUBLISH", "scim:changed", prefix)
    for name, digest in pairs(fields(prefix .. "tokens")) do
        if call("HGET", "scim:token:" .. digest, "tenant") == tenant then
            call("UNLINK", "scim:token:" .. digest)
        end
    end
    for name, id in pairs(fields(prefix .. "clients")) do
        if call("HGET", "scim:client:" .. id, "tenant") == tenant then
            call("UNLINK", "scim:client:" .. id)
        end
    end
    call("UNLINK", prefix .. "tokens", prefix .. "clients")
    return call("ZCARD", prefix .. "users") + call("ZCARD", prefix .. "groups")
end


local function resources()
    for _, type in ipairs(types()) do
        local list = prefix .. type .. "s"
        local ids = call("ZRANGE", list, 0, slice - 1)
        for _, id in ipairs(ids) do
            local key = prefix .. type .. ":" .. id
            call("UNLINK", key, key .. ":groups", key .. ":members",
                 key .. ":holders")
        end
        if #ids > 0 then
            call("ZREM", list, unpack(ids))
            return #ids
        end
    end
    return 0
end


-- indexes, streams, and what no list names
local function scan()
    local page = call("SCAN", ARGV[3], "MATCH", prefix .. "*", "COUNT", 1000)
    for _, key in ipairs(page[2]) do
        if key ~= prefix .. "meta" then
            call("UNLINK", key)
        end
    end
    return page[1]
end


local function finish()
    call("UNLINK", prefix .. "meta")
    call("HSET", prefix .. "meta", "deleting", "1", "deleted", now_ms)
    call("SREM", "scim:moving", tenant)
    call("ZREM", "scim:tenants", tenant)
    return 0
end


if step == "begin" then
    return begin()
elseif step == "resources" then
    return resources()
elseif step == "scan" then
    return scan()
end
return finish()
