-- Adds to a stream of a tenant, unless the tenant was deleted meanwhile.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 name of the stream  2 its length  3... names and values
--
-- Returns  1 if it was added, else 0

if redis.call("HEXISTS", KEYS[1] .. "meta", "deleting") == 1 then
    return 0
end

redis.call("XADD", KEYS[1] .. ARGV[1], "MAXLEN", "~", ARGV[2], "*",
           unpack(ARGV, 3))
return 1
