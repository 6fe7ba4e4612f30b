-- Writes the index entries of records of scim-doc index. It follows common.lua and
-- write(), which is write.lua.
--
-- ARGV  2... records, each a number and so many words: the organization, type,
--       id, version, index entries; the last is a number and "end"
--
-- Returns  for each record a line of "@", what came of it ("ok", "stale",
--          "missing", "conflict", "end"), type, id, name of the index

local at, lines = 2, {}

while ARGV[at] do
    local words = tonumber(ARGV[at])
    local type, id, version = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]

    if words == 2 then
        lines[#lines + 1] = "@ end"
    else
        local args = { "index", type, id, version, "", "", "", "", "1" }
        for i = at + 5, at + words do
            args[#args + 1] = ARGV[i]
        end
        table.insert(args, 11, "")

        local reply = write(KEYS, args)
        lines[#lines + 1] = table.concat({ "@", reply[1], type, id,
            reply[1] == "conflict" and reply[2] or "" }, " ")
    end
    at = at + words + 1
end

return lines
