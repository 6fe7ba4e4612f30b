-- Stores a token.
--
-- ARGV  2 name  3 "rw" or "ro"  4 when it expires, or empty  5 digest

if not exists() then
    return no_tenant()
end
if call("HEXISTS", prefix .. "meta", "deleting") == 1 then
    return fail("organization \"" .. tenant .. "\" is being deleted")
end
if call("HEXISTS", prefix .. "tokens", ARGV[2]) == 1 then
    return fail("organization \"" .. tenant .. "\" has a token \"" .. ARGV[2]
                .. "\" already")
end

local expires, wrong = expiry(ARGV[4])
if expires == nil then
    return fail(wrong)
end

store_token(ARGV[5], ARGV[2], ARGV[3], expires)
return expires or "never"
