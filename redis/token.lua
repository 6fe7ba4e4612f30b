-- Stores a token that expires by itself, and marks its assertion as used, both or
-- neither. If a client has too many tokens, the oldest other one is revoked. A client
-- that was deleted meanwhile gets none.
--
-- KEYS[1]  "scim:token:<digest>"
-- ARGV     1 when it goes, in milliseconds since 1970
--          2 "scim:jti:<digest>" of the assertion, or ""
--          3 when that is forgotten, in seconds since 1970
--          4 the client  5 its tenant
--          6 how many tokens it may have, unless the tenant has a limit of its own
--          7... fields and values
--
-- Returns  1, 0 if the assertion was spent before, or -1 without the client

local call = redis.call
local gone, client, tenant = ARGV[1], ARGV[4], ARGV[5]
local prefix = "scim:{" .. tenant .. "}:"
local issued = prefix .. "issued:" .. client

local deleting, limits = unpack(call("HMGET", prefix .. "meta", "deleting",
                                     "limits"))
local most = tonumber(string.match(" " .. (limits or ""), " tokens=(%d+)")
                      or ARGV[6])

if call("HGET", "scim:client:" .. client, "tenant") ~= tenant or deleting then
    return -1
end

if ARGV[2] ~= ""
   and not call("SET", ARGV[2], "1", "NX", "EXAT", ARGV[3])
then
    return 0
end

call("HSET", KEYS[1], unpack(ARGV, 7))
call("PEXPIREAT", KEYS[1], gone)

-- Expired tokens are among the oldest. Tokens of the same second are in no order, so
-- the new one can be the first of them.
local digest = string.sub(KEYS[1], 12)
call("ZADD", issued, gone, digest)

local over = math.min(call("ZCARD", issued) - most, 100)
if over > 0 then
    for _, other in ipairs(call("ZRANGE", issued, "0",
                                string.format("%d", over)))
    do
        if other ~= digest and over > 0 then
            call("UNLINK", "scim:token:" .. other)
            call("ZREM", issued, other)
            over = over - 1
        end
    end
end
call("PEXPIREAT", issued, gone)

return 1
