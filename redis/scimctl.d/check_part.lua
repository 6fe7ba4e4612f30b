-- A slice of a large key.
--
-- ARGV  3 the key, behind the prefix  4 cursor
--
-- Returns  where to go on, "0" at the end, and findings

local key = prefix .. ARGV[3]
local what = classify(ARGV[3])
local cursor = "0"

if string.find(what.types, type_of(key), 1, true) then
    cursor = check_part(key, what, ARGV[4])
end
table.insert(findings, 1, cursor)
return findings
