-- Stores a token that goes by itself, and notes that the assertion which was
-- given for it is spent: both or neither.
--
-- KEYS[1]  "scim:token:<digest>"
-- ARGV     1 when it goes, in milliseconds since 1970
--          2 "scim:jti:<digest>" of the assertion, or ""
--          3 when that is forgotten, in seconds since 1970
--          4... fields and values
--
-- Returns  1, or 0 if the assertion was spent before

if ARGV[2] ~= ""
   and not redis.call("SET", ARGV[2], "1", "NX", "EXAT", ARGV[3])
then
    return 0
end

redis.call("HSET", KEYS[1], unpack(ARGV, 4))
redis.call("PEXPIREAT", KEYS[1], ARGV[1])

return 1
