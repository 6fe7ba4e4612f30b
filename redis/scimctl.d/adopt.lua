-- Lets this server replace a directory that was lost.
--
-- ARGV  2 the identity of that directory
--
-- Returns  nothing

call("SET", "scim:format", call("GET", "scim:format") or "1")
call("SADD", "scim:directory", ARGV[2])
