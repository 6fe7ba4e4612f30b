-- OAuth clients of an organization.
--
-- ARGV  2 what to do  3 name of the client  4... as below
--       "create"  4 id  5 scope  6 when the secret expires  7 "secret"  8 its
--                 digest; or 7 "keys"  8... as of "federate"  12 a JWK Set
--       "federate"  4 issuer  5 subject  6 audience  7 name of a key set, or ""
--       "list"    3 "text" or "json"
--       "add"     4 when the secret expires  5 its digest
--       "revoke"  4 first digits of a secret's digest  5 "look"
--       "keys"    4 a JWK Set
--       "no_keys" 4 "look"
--       "delete"  4 "look"

local verb, name = ARGV[2], ARGV[3]
local by_name = prefix .. "clients"


local function store_secret(id, expires, digest)
    call("HSET", "scim:client:" .. id, "secret:" .. digest,
         row("json", { "created", "expires" }, { rfc3339(now_ms), expires }))
end


local function secrets_of(client)
    local list = {}
    for field, text in pairs(client) do
        local digest = string.match(field, "^secret:(%x+)$")
        if digest then
            local ok, value = pcall(cjson.decode, text)
            value = ok and type(value) == "table" and value or {}
            list[#list + 1] = { digest = digest, created = value.created,
                                expires = value.expires }
        end
    end
    table.sort(list, function(a, b)
        return (a.created or "") .. a.digest < (b.created or "") .. b.digest
    end)
    return list
end


-- the fields of a client that an issuer signs for; without one, none of them
local function store_issuer(id, issuer, subject, audience, key_set)
    local key = "scim:client:" .. id
    local values = { issuer = issuer, subject = subject, audience = audience,
                     keys = key_set }
    for field, value in pairs(values) do
        if value == "" then
            call("HDEL", key, field)
        else
            call("HSET", key, field, value)
        end
    end
end


local function create()
    local closed = not_open()
    if closed then
        return closed
    end
    if call("HEXISTS", by_name, name) == 1 then
        return fail("organization \"" .. tenant .. "\" has a client \"" .. name
                    .. "\" already")
    end
    local expires, wrong = expiry(ARGV[6])
    if expires == nil then
        return fail(wrong)
    end
    call("HSET", "scim:client:" .. ARGV[4], "tenant", tenant, "name", name,
         "scope", ARGV[5], "created", rfc3339(now_ms))
    call("HSET", by_name, name, ARGV[4])
    if ARGV[7] == "keys" then
        store_issuer(ARGV[4], ARGV[8], ARGV[9], ARGV[10], ARGV[11])
        if ARGV[12] ~= "" then
            call("HSET", "scim:client:" .. ARGV[4], "jwks", ARGV[12])
        end
    else
        store_secret(ARGV[4], expires, ARGV[8])
    end
    return { ARGV[4], expires or "never" }
end


local function list()
    local clients, lines = fields(by_name), {}
    for _, client in ipairs(sorted_keys(clients)) do
        local id = clients[client]
        local hash = fields("scim:client:" .. id)
        for _, secret in ipairs(secrets_of(hash)) do
            local json = ARGV[3] == "json"
            lines[#lines + 1] = row(ARGV[3],
                { "name", "client_id", "scope", "state", "created", "expires",
                  "sha256" },
                { client, id, hash.scope,
                  is_expired(secret.expires) and "expired" or "valid",
                  secret.created, secret.expires or (not json and "never"),
                  json and secret.digest or string.sub(secret.digest, 1, 12) })
        end
        if hash.jwks or hash.issuer or #secrets_of(hash) == 0 then
            lines[#lines + 1] = row(ARGV[3],
                { "name", "client_id", "scope", "state", "created", "expires",
                  "sha256" },
                { client, id, hash.scope, not hash.tenant and "damaged"
                  or hash.issuer and "federated" or hash.jwks and "signs"
                  or "no secret", hash.created, false,
                  false })
        end
    end
    return lines
end


local function add(id)
    local expires, wrong = expiry(ARGV[4])
    if expires == nil then
        return fail(wrong)
    end
    store_secret(id, expires, ARGV[5])
    return { id, expires or "never" }
end


local function revoke(id)
    local found
    for _, secret in ipairs(secrets_of(fields("scim:client:" .. id))) do
        if string.sub(secret.digest, 1, #ARGV[4]) == ARGV[4] then
            if found then
                return fail("more than one secret begins with " .. ARGV[4])
            end
            found = secret.digest
        end
    end
    if not found then
        return fail("client \"" .. name .. "\" has no secret whose digest "
                    .. "begins with " .. ARGV[4])
    end
    if ARGV[5] ~= "look" then
        call("HDEL", "scim:client:" .. id, "secret:" .. found)
    end
    return found
end


local function federate(id)
    if ARGV[7] == "" and call("HEXISTS", "scim:client:" .. id, "jwks") == 0 then
        return fail("client \"" .. name .. "\" has no keys: name those of its "
                    .. "issuer by --key-set, or set them by \"client keys set\"")
    end
    store_issuer(id, ARGV[4], ARGV[5], ARGV[6], ARGV[7])
    return "ok"
end


local function keys(id)
    call("HSET", "scim:client:" .. id, "jwks", ARGV[4])
    return "ok"
end


local function no_keys(id)
    if call("HEXISTS", "scim:client:" .. id, "jwks") == 0 then
        return fail("client \"" .. name .. "\" has no keys")
    end
    if ARGV[4] ~= "look" then
        call("HDEL", "scim:client:" .. id, "jwks")
    end
    return "ok"
end


local function delete(id)
    if ARGV[4] ~= "look" then
        call("UNLINK", "scim:client:" .. id)
        call("HDEL", by_name, name)
    end
    return "ok"
end


if not exists() then
    return no_tenant()
elseif verb == "create" then
    return create()
elseif verb == "list" then
    return list()
end

local id = call("HGET", by_name, name)
if not id then
    return fail("organization \"" .. tenant .. "\" has no client \"" .. name
                .. "\"")
end
return ({ add = add, revoke = revoke, federate = federate, keys = keys,
          no_keys = no_keys, delete = delete })[verb](id)
