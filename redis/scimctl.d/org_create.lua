-- Makes organizations.
--
-- ARGV  2 names, one a line, each with its displayed name, accounts, token's
--       name and token's digest behind tabs, any of these empty
--
-- Returns  for each "ok", or what is wrong

local function create(display, accounts, token, digest)
    prefix = "scim:{" .. tenant .. "}:"

    if call("HEXISTS", prefix .. "meta", "deleting") == 1 then
        return "is being deleted"
    end
    if call("ZADD", "scim:tenants", "NX", now_ms, tenant) == 0 then
        return "exists"
    end

    call("HSET", prefix .. "meta", "created", rfc3339(now_ms, true),
         "name", display ~= "" and display or tenant)
    if accounts ~= "" then
        call("HSET", prefix .. "meta", "accounts", accounts)
    end
    if digest ~= "" then
        store_token(digest, token, "rw", false)
    end
    return "ok"
end


call("SET", "scim:format", "1", "NX")

local answers = {}

for line in string.gmatch(ARGV[2], "[^\n]+") do
    local display, accounts, token, digest
    tenant, display, accounts, token, digest =
        string.match(line, "^([^\t]+)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
    answers[#answers + 1] = create(display, accounts, token, digest)
end

return answers
