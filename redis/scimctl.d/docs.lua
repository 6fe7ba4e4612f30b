-- A slice of the documents, for scim-doc.
--
-- ARGV  2 "page": type, where to go on (a seq)
--       2 "many": where to go on (at first "1 1 0"), organizations
--       2 "ids": an organization, a type and an id, and so on
--
-- Returns  of "page" and "many" where to go on, or "" at the end; and lines of
--          organization, type, id, version and document behind tabs, "!" for
--          a document that is no line of text

local slice = 200
local lines = {}


local function add(type, id)
    local key = prefix .. type .. ":" .. id
    if string.find(id, "^[%w_-]+$") and call("TYPE", key).ok == "hash" then
        local now = call("HMGET", key, "ver", "doc")
        local doc = now[2] or "!"
        lines[#lines + 1] = table.concat({ tenant, type, id,
            clean(now[1] or ""), string.find(doc, "[%z\1-\31]") and "!" or doc },
            "\t")
    end
end


-- the documents of a type behind a seq; returns the last one's seq if there
-- may be more
local function add_page(type, after)
    local list = prefix .. type .. "s"
    if call("TYPE", list).ok ~= "zset" then
        return nil
    end
    local found = call("ZRANGE", list, "(" .. after, "+inf", "BYSCORE",
                       "LIMIT", 0, slice, "WITHSCORES")
    for i = 1, #found, 2 do
        add(type, found[i])
    end
    return #found == 2 * slice and found[#found] or nil
end


local function page()
    lines[1] = ""
    lines[1] = add_page(ARGV[3], ARGV[4]) or ""
    return lines
end


local function many()
    local org, kind, after = string.match(ARGV[3], "^(%d+) (%d+) (.+)$")
    org, kind = tonumber(org), tonumber(kind)
    lines[1] = ""

    while ARGV[3 + org] and #lines <= slice do
        tenant = ARGV[3 + org]
        prefix = "scim:{" .. tenant .. "}:"
        local list = types()
        local more = list[kind] and add_page(list[kind], after)

        if more then
            after = more
        elseif kind < #list then
            kind, after = kind + 1, "0"
        else
            org, kind, after = org + 1, 1, "0"
        end
    end

    if ARGV[3 + org] then
        lines[1] = org .. " " .. kind .. " " .. after
    end
    return lines
end


local function ids()
    for i = 3, #ARGV - 2, 3 do
        tenant = ARGV[i]
        prefix = "scim:{" .. tenant .. "}:"
        add(ARGV[i + 1], ARGV[i + 2])
    end
    return lines
end


return ({ page = page, many = many, ids = ids })[ARGV[2]]()
