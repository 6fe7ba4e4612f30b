-- Gives the data of this server an identity, if it has none. The identity is
-- written together with the format, as two keys: both then reach the append-only
-- file in one transaction, and are lost when the transactions are lost.
--
-- KEYS  1 "scim:directory"  2 "scim:format"
-- ARGV  1 a new identity  2 the format of the data
--
-- Returns  1 if the identity is new and the server had no format, else 0; then
--          all identities

local began = 0

if redis.call("SCARD", KEYS[1]) == 0 then
    began = 1 - redis.call("EXISTS", KEYS[2])
    redis.call("SET", KEYS[2], ARGV[2])
    redis.call("SADD", KEYS[1], ARGV[1])
end

return { began, redis.call("SMEMBERS", KEYS[1]) }
