-- Notes the time of a token's last use. It does not create a token that was
-- revoked.
--
-- KEYS[1]  "scim:token:<digest>"
-- ARGV     1 time
--
-- Returns  1 if there is such a token, else 0

if redis.call("EXISTS", KEYS[1]) == 0 then
    return 0
end

redis.call("HSET", KEYS[1], "used", ARGV[1])
return 1
