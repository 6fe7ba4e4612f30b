-- What is left half done, and what is about to expire.
--
-- ARGV  2 how many organizations to leave out, or "moves"  3 days to look ahead
--
-- Returns  of "moves" a line for each change of many members that no server is
--          at: "move", tenant, name and state; else lines of a slice of
--          organizations: first the number of them, then "deleting", tenant, and
--          "expires", tenant, name, time

local lines = {}


local function add(...)
    lines[#lines + 1] = clean(table.concat({ ... }, " "))
end


if ARGV[2] == "moves" then
    for _, name in ipairs(call("SMEMBERS", "scim:moving")) do
        local key = "scim:{" .. name .. "}:groups:moves"
        local moves = fields(key)
        for _, move in ipairs(sorted_keys(moves)) do
            if string.find(moves[move], "^%a+ ")
               and call("EXISTS", key .. ":" .. move .. ":lease") == 0
            then
                add("move", name, move, (string.gsub(moves[move], " ", "/")))
            end
        end
    end
    return lines
end


local last = now_ms + tonumber(ARGV[3]) * 86400000


local function look_at(what, name, expires)
    local at = expires and instant(expires)
    if at and at > now_ms and at <= last then
        add("expires", tenant, what .. "/" .. name, string.sub(expires, 1, 10))
    end
end


local function look_at_secrets(name, client)
    for field, text in pairs(fields("scim:client:" .. client)) do
        local ok, value = pcall(cjson.decode, text)
        if ok and string.find(field, "^secret:") and type(value) == "table" then
            look_at("client", name, value.expires)
        end
    end
end


local from = tonumber(ARGV[2])
local names = call("ZRANGE", "scim:tenants", from, from + 199)
add(#names)
for _, name in ipairs(names) do
    tenant, prefix = name, "scim:{" .. name .. "}:"
    if call("HEXISTS", prefix .. "meta", "deleting") == 1 then
        add("deleting", name)
    end
    local tokens, clients = fields(prefix .. "tokens"), fields(prefix .. "clients")
    for _, token in ipairs(sorted_keys(tokens)) do
        look_at("token", token,
                call("HGET", "scim:token:" .. tokens[token], "expires"))
    end
    for _, client in ipairs(sorted_keys(clients)) do
        look_at_secrets(client, clients[client])
    end
end
return lines
