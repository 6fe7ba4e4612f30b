-- Stores a token that expires by itself, and marks its assertion as used, both or
-- neither. If a client has too many tokens, the oldest is revoked. A client that
-- was deleted meanwhile gets none.
--
-- KEYS[1]  "scim:token:<digest>"
-- ARGV     1 when it goes, in milliseconds since 1970
--          2 "scim:jti:<digest>" of the assertion, or ""
--          3 when that is forgotten, in seconds since 1970
--          4 the client  5 its tenant  6 how many tokens it may have
--          7... fields and values
--
-- Returns  1, 0 if the assertion was spent before, or -1 without the client

local call = redis.call
local gone, client, tenant = ARGV[1], ARGV[4], ARGV[5]
local prefix = "scim:{" .. tenant .. "}:"
local issued = prefix .. "issued:" .. client

if call("HGET", "scim:client:" .. client, "tenant") ~= tenant
   or call("HEXISTS", prefix .. "meta", "deleting") == 1
then
    return -1
end

if ARGV[2] ~= ""
   and not call("SET", ARGV[2], "1", "NX", "EXAT", ARGV[3])
then
    return 0
end

call("HSET", KEYS[1], unpack(ARGV, 7))
call("PEXPIREAT", KEYS[1], gone)

-- expired tokens are among the oldest
call("ZADD", issued, gone, string.sub(KEYS[1], 12))

local over = call("ZCARD", issued) - ARGV[6]
if over > 0 then
    over = string.format("%d", math.min(over, 100))
    for _, digest in ipairs(call("ZRANGE", issued, "0", over - 1)) do
        call("UNLINK", "scim:token:" .. digest)
        call("ZREM", issued, digest)
    end
end
call("PEXPIREAT", issued, gone)

return 1
