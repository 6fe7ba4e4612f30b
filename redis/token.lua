-- Stores a token that goes by itself.
--
-- KEYS[1]  "scim:token:<digest>"
-- ARGV     1 when it goes, in milliseconds since 1970  2... fields and values

redis.call("HSET", KEYS[1], unpack(ARGV, 2))
redis.call("PEXPIREAT", KEYS[1], ARGV[1])

return 1
