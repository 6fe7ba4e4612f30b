-- Lists the tokens of an organization by name.
--
-- ARGV  2 "text" or "json"

if not exists() then
    return no_tenant()
end

local tokens, lines = fields(prefix .. "tokens"), {}

for _, name in ipairs(sorted_keys(tokens)) do
    local token = fields("scim:token:" .. tokens[name])
    local state = not token.tenant and "damaged"
                  or is_expired(token.expires) and "expired" or "valid"
    lines[#lines + 1] = row(ARGV[2],
        { "name", "scope", "state", "created", "expires", "used", "sha256" },
        { name, token.scope, state, token.created,
          token.expires or (ARGV[2] ~= "json" and "never"),
          token.used or (ARGV[2] ~= "json" and "never"),
          ARGV[2] == "json" and tokens[name] or string.sub(tokens[name], 1, 12)
        })
end

return lines
