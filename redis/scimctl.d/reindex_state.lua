-- Begins and ends a reindex. Meanwhile, write.lua removes the field
-- "reindex:<type>" of meta when a change leaves one of its indexes out.
--
-- ARGV  2 "begin" or "end"  3 type  4... names of indexes

if not exists() then
    return no_tenant()
end

local meta, pending = prefix .. "meta", "reindex:" .. ARGV[3]
local names = {}
for i = 4, #ARGV do
    names[#names + 1] = ARGV[i]
end
local list = table.concat(names, "\n")

if ARGV[2] == "begin" then
    call("HSET", meta, pending, list)
    return call("ZCARD", prefix .. ARGV[3] .. "s")
end

if call("HGET", meta, pending) ~= list then
    return fail("a server that does not keep all of these indexes has written "
                .. "a " .. ARGV[3] .. " meanwhile: set scim_index everywhere, "
                .. "reload nginx, and run this again")
end
call("HSET", meta, "indexes:" .. ARGV[3], list)
call("HDEL", meta, pending)
return "ok"
