-- Creates organizations.
--
-- ARGV  2 "force", or nothing  3 names, one a line, each with its displayed name,
--       accounts, token's name and token's digest behind tabs, any of these empty
--
-- Returns  for each "ok", or what is wrong

-- the longest time for which nginx may cache a token, the largest "valid" of
-- scim_tokens
local known_ms = 3600000


local function has_data()
    local keys = { "changes", "log", "cycle", "cycles", "tokens", "clients",
                   "groups:moves" }
    for _, type in ipairs(types()) do
        keys[#keys + 1] = type .. "s"
    end
    for i, key in ipairs(keys) do
        keys[i] = prefix .. key
    end
    return call("EXISTS", unpack(keys)) > 0
end


-- A new organization must not get the users of an old one, or requests of the old
-- one's clients.
local function refusal()
    local state = call("HMGET", prefix .. "meta", "deleting", "deleted")
    if call("ZSCORE", "scim:tenants", tenant) then
        return state[1] and "is being deleted" or "exists"
    elseif state[1] and not state[2] then
        return "is being deleted"
    elseif ARGV[2] == "force" then
        return nil
    elseif has_data() then
        return "has data of an organization of that name: delete it first, or "
               .. "take it over with --force"
    elseif state[2] and now_ms < state[2] + known_ms then
        return "was deleted, and nginx may know its tokens until "
               .. rfc3339(state[2] + known_ms) .. ": wait, or use --force when "
               .. "\"valid\" of scim_tokens has passed"
    end
end


local function create(display, accounts, token, digest)
    prefix = "scim:{" .. tenant .. "}:"

    local wrong = refusal()
    if wrong then
        return wrong
    end

    call("ZADD", "scim:tenants", now_ms, tenant)
    call("HDEL", prefix .. "meta", "deleting", "deleted")

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

for line in string.gmatch(ARGV[3], "[^\n]+") do
    local display, accounts, token, digest
    tenant, display, accounts, token, digest =
        string.match(line, "^([^\t]+)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
    answers[#answers + 1] = create(display, accounts, token, digest)
end

return answers
