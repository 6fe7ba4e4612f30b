-- Finds work that is half done, and tokens and secrets that expire soon.
--
-- ARGV  2 how many organizations to leave out, or "moves"  3 days to look ahead
--
-- Returns  of "moves" a line for each change of many members that no server is
--          at: "move", tenant, name and state; else lines of a slice of
--          organizations: first how many to leave out next, 0 at the end, then
--          "deleting", tenant; "near", tenant, what, how many, how many there may
--          be; and "expires", tenant, name, time

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


-- limits of the organization's own, of which four fifths are used, or more
local function look_at_limits(limits, memberships, bytes)
    local has = { memberships = memberships or 0, bytes = bytes or 0 }
    for what, most in string.gmatch(limits, "(%w+)=(%d+)") do
        local n = tonumber(has[what]
                           or what ~= "tokens" and call("ZCARD", prefix .. what)
                           or 0)
        if n > 0 and n >= most * 0.8 then
            add("near", tenant, what, n, most)
        end
    end
end


local function look_at_tenant(name)
    tenant, prefix = name, "scim:{" .. name .. "}:"
    local meta = call("HMGET", prefix .. "meta", "deleting", "limits",
                      "memberships", "bytes")
    if meta[1] then
        add("deleting", name)
    elseif meta[2] then
        look_at_limits(meta[2], meta[3], meta[4])
    end
    local tokens, clients = fields(prefix .. "tokens"), fields(prefix .. "clients")
    local names, client_names = sorted_keys(tokens), sorted_keys(clients)
    for _, token in ipairs(names) do
        look_at("token", token,
                call("HGET", "scim:token:" .. tokens[token], "expires"))
    end
    for _, client in ipairs(client_names) do
        look_at_secrets(client, clients[client])
    end
    return 1 + #names + #client_names
end


-- a slice ends after so many organizations, tokens and clients, so that it
-- takes a millisecond or two
local from, looked_at = tonumber(ARGV[2]), 0
local names = call("ZRANGE", "scim:tenants", from, from + 199)
for i, name in ipairs(names) do
    looked_at = looked_at + look_at_tenant(name)
    if looked_at >= 300 then
        table.insert(lines, 1, from + i)
        return lines
    end
end
table.insert(lines, 1, #names == 200 and from + 200 or 0)
return lines
