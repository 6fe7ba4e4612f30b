-- Returns a slice of the list of organizations.
--
-- ARGV  2 how many to leave out  3 "text" or "json"
--
-- Returns  lines, none at the end

local from = tonumber(ARGV[2])
local lines = {}

for _, name in ipairs(call("ZRANGE", "scim:tenants", from, from + 199)) do
    local at = "scim:{" .. name .. "}:"
    local meta = call("HMGET", at .. "meta", "name", "accounts", "created")
    lines[#lines + 1] = row(ARGV[3],
        { "tenant", "name", "users", "groups", "tokens", "created",
          "accounts" },
        { name, meta[1], call("ZCARD", at .. "users"),
          call("ZCARD", at .. "groups"), call("HLEN", at .. "tokens"),
          meta[3], meta[2] })
end

return lines
