-- Revokes a token.
--
-- ARGV  2 name  3 "look" to see only whether it is there

if not exists() then
    return no_tenant()
end

local digest = call("HGET", prefix .. "tokens", ARGV[2])
if not digest then
    return fail("organization \"" .. tenant .. "\" has no token \"" .. ARGV[2]
                .. "\"")
end

if ARGV[3] ~= "look" then
    call("UNLINK", "scim:token:" .. digest)
    call("HDEL", prefix .. "tokens", ARGV[2])
end
return "ok"
