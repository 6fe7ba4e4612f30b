-- Counts users, groups, tokens and so on.
--
-- ARGV  2 how many organizations to leave out, or "server"
--
-- Returns  of "server" one line: bytes of memory, version, clients; else a
--          line for each organization of a slice: tenant, users, groups,
--          others, tokens, clients, changes, log; none at the end

if ARGV[2] == "server" then
    local info = call("INFO")
    return (string.match(info, "used_memory:(%d+)") or "0") .. "\t"
           .. (string.match(info, "redis_version:([%d.]+)") or "") .. "\t"
           .. (string.match(info, "connected_clients:(%d+)") or "0") .. "\t"
           .. call("ZCARD", "scim:tenants")
end


local function line(name)
    tenant, prefix = name, "scim:{" .. name .. "}:"
    local others = 0
    for i, type in ipairs(types()) do
        if i > 2 then
            others = others + call("ZCARD", prefix .. type .. "s")
        end
    end
    return table.concat({ name, call("ZCARD", prefix .. "users"),
        call("ZCARD", prefix .. "groups"), others,
        call("HLEN", prefix .. "tokens"), call("HLEN", prefix .. "clients"),
        call("XLEN", prefix .. "changes"), call("XLEN", prefix .. "log") },
        "\t")
end


if ARGV[2] == "one" then
    return exists() and line(tenant) or no_tenant()
end

local from, lines = tonumber(ARGV[2]), {}
for _, name in ipairs(call("ZRANGE", "scim:tenants", from, from + 199)) do
    lines[#lines + 1] = line(name)
end
return lines
