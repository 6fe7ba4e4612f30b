-- Stores a token.
--
-- ARGV  2 name  3 "rw" or "ro"  4 when it expires, or empty  5 digest

local wrong = not_open()
if wrong then
    return wrong
end
if call("HEXISTS", prefix .. "tokens", ARGV[2]) == 1 then
    return fail("organization \"" .. tenant .. "\" has a token \"" .. ARGV[2]
                .. "\" already")
end

local expires
expires, wrong = expiry(ARGV[4])
if expires == nil then
    return fail(wrong)
end

store_token(ARGV[5], ARGV[2], ARGV[3], expires)
return expires or "never"
