-- A slice of the documents of a type, for scim-doc.
--
-- ARGV  2 "page": type, where to go on (a seq)
--       2 "ids": type, ids
--
-- Returns  of "page" where to go on, or "" at the end; and lines of type, id,
--          version and document behind tabs, "!" for a document that is no
--          line of text

local slice = 200
local type = ARGV[3]
local lines = {}


local function add(id)
    local key = prefix .. type .. ":" .. id
    if call("TYPE", key).ok == "hash" then
        local now = call("HMGET", key, "ver", "doc")
        local doc = now[2] or "!"
        lines[#lines + 1] = table.concat({ type, id, clean(now[1] or ""),
            string.find(doc, "%c") and "!" or doc }, "\t")
    end
end


if ARGV[2] == "ids" then
    for i = 4, #ARGV do
        add(ARGV[i])
    end
    return lines
end

lines[1] = ""
if call("TYPE", prefix .. type .. "s").ok == "zset" then
    local list = call("ZRANGE", prefix .. type .. "s", "(" .. ARGV[4], "+inf",
                      "BYSCORE", "LIMIT", 0, slice, "WITHSCORES")
    for i = 1, #list, 2 do
        if string.find(list[i], "^[%w_-]+$") then
            add(list[i])
        end
    end
    lines[1] = #list == 2 * slice and list[#list] or ""
end
return lines
