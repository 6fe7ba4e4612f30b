-- A slice of all keys, of one tenant or of all.
--
-- ARGV  3 cursor  4 "one" for the tenant, or "all"
--
-- Returns  where to go on, "0" at the end; how many keys were passed; and lines:
--          findings; "org", a tenant and its indexes; "more", a tenant and a
--          key behind its prefix for one that is too large

local few = 2000


local function size_of(key, type)
    local command = { set = "SCARD", hash = "HLEN", zset = "ZCARD" }
    return call(command[type], key)
end


-- resources ----------------------------------------------------------------

local function check_version(key, hash)
    if not string.find(hash.ver or "", "^[1-9]%d*$") then
        damage("version", key, "ver is " .. (hash.ver or "absent"), function()
            call("HSET", key, "ver", 1)
        end)
    end
    for _, name in ipairs({ "created", "modified" }) do
        if not instant(hash[name] or "") then
            damage("time", key, name .. " is " .. (hash[name] or "absent"),
                   function()
                local other = hash[name == "created" and "modified"
                                   or "created"]
                call("HSET", key, name, instant(other or "") and other
                                        or rfc3339(now_ms, true))
            end)
        end
    end
end


local function new_seq()
    return call("HINCRBY", prefix .. "meta", "seq", 1)
end


local function check_place(key, what, hash)
    local list = prefix .. what.type .. "s"
    local there = type_of(list)
    if there ~= "zset" and there ~= "none"
       or not is_hash(prefix .. "meta") and type_of(prefix .. "meta") ~= "none"
    then
        return
    end

    local score = call("ZSCORE", list, what.id)
    local seq = string.find(hash.seq or "", "^[1-9]%d*$") and hash.seq
    local meta = tonumber(call("HGET", prefix .. "meta", "seq") or "0") or 0

    if seq and tonumber(seq) > meta then
        damage("sequence", prefix .. "meta", "seq " .. string.format("%.0f",
               meta) .. " is less than that of " .. key, function()
            call("HSET", prefix .. "meta", "seq", seq)
        end)
    end

    if not seq then
        damage("place", key, "seq is " .. (hash.seq or "absent"), function()
            seq = score and tonumber(score) >= 1 and score or new_seq()
            call("HSET", key, "seq", seq)
            call("ZADD", list, seq, what.id)
        end)
    elseif not score then
        damage("unlisted", key, "it is not in " .. list, function()
            call("ZADD", list, seq, what.id)
        end)
    elseif tonumber(score) ~= tonumber(seq) then
        damage("place", key, "seq is " .. seq .. ", its place in " .. list
               .. " is " .. score, function()
            call("ZADD", list, seq, what.id)
        end)
    elseif call("ZCOUNT", list, seq, seq) > 1 then
        damage("place", key, "another " .. what.type .. " has the same seq "
               .. seq, function()
            seq = new_seq()
            call("HSET", key, "seq", seq)
            call("ZADD", list, seq, what.id)
        end)
    end
end


-- with how much a resource is in the numbers of its tenant, which are moved along
local function check_number(key, hash, field, total, is)
    local told = tonumber(hash[field] or "0") or 0
    if told ~= is then
        damage("count", key, field .. " is " .. (hash[field] or "absent")
               .. ", not " .. is, function()
            if is_hash(prefix .. "meta") then
                call("HINCRBY", prefix .. "meta", total,
                     string.format("%.0f", is - told))
            end
            call("HSET", key, field, is)
        end)
    end
end


local function count_members(key)
    local n = 0
    for _, set in ipairs({ key .. ":members", key .. ":groups" }) do
        n = n + (type_of(set) == "set" and call("SCARD", set) or 0)
    end
    return n
end


local function check_resource(key, what)
    local hash = fields(key)
    if not hash.doc and not hash.ver then
        damage("orphan", key, "no document, no version", function()
            call("UNLINK", key)
        end)
        return
    end
    if not hash.doc then
        damage("document", key, "it is absent")
    end
    if hash.importing then
        damage("import", key, "it has not come to its end: import again")
    end
    check_version(key, hash)
    check_place(key, what, hash)
    check_number(key, hash, "n:bytes", "bytes", #(hash.doc or ""))
    if what.type == "group" then
        check_number(key, hash, "n:members", "memberships", count_members(key))
    end
    if what.type == "user" or what.type == "group" then
        count_holders(what.type, what.id)
    end
end


-- tenants ------------------------------------------------------------------

local function check_meta(key)
    local hash = fields(key)
    local indexes = {}
    for _, type in ipairs(types()) do
        for name in string.gmatch(hash["indexes:" .. type] or "", "[^\n]+") do
            indexes[#indexes + 1] = type .. ":" .. name
        end
    end
    findings[#findings + 1] = "org\t" .. tenant .. "\t"
                              .. table.concat(indexes, " ")
    if hash.format ~= "1"
       and (hash.format or call("EXISTS", prefix .. "users",
                                prefix .. "groups") > 0)
    then
        damage("format", key, "format is " .. (hash.format or "absent"),
               function() call("HSET", key, "format", "1") end)
    end
    local tenants = type_of("scim:tenants")
    if hash.created and (tenants == "none" or tenants == "zset")
       and not call("ZSCORE", "scim:tenants", tenant)
    then
        damage("tenant", "scim:tenants", "\"" .. tenant .. "\" is not in it",
               function()
            call("ZADD", "scim:tenants", instant(hash.created) or now_ms,
                 tenant)
        end)
    end
    if hash.deleting and not hash.deleted then
        damage("deletion", key, "it has not come to its end: scimctl org "
               .. "delete " .. tenant)
    end
end


-- Checks that the moves that are under way are listed for those who continue them.
local function check_moves()
    local there = type_of("scim:moving")
    if there == "none" or there == "set"
       and call("SISMEMBER", "scim:moving", tenant) == 0
    then
        damage("tenant", "scim:moving", "\"" .. tenant .. "\" is not in it",
               function() call("SADD", "scim:moving", tenant) end)
    end
end


local function check_move(key, move)
    local moves = prefix .. "groups:moves"
    if type_of(moves) == "none"
       or is_hash(moves) and call("HEXISTS", moves, move) == 0
    then
        damage("orphan", key, "a set of no move", function()
            call("UNLINK", key)
        end)
    end
end


-- names of tokens or clients: each leads to a key that says the same
local function check_names(key, kind)
    for name, value in pairs(fields(key)) do
        local target = "scim:" .. kind .. ":" .. value
        local hash = is_hash(target) and fields(target) or {}
        if hash.tenant ~= tenant or hash.name ~= name then
            damage("name", key, kind .. " \"" .. name .. "\" is not there",
                   function() call("HDEL", key, name) end)
        end
    end
end


-- a token of a client; if the client was deleted, its tokens are rejected and
-- expire by themselves
local function check_issued(key, id)
    local client = "scim:client:" .. id
    local wrong
    if call("TTL", key) < 0 then
        wrong = "a token of a client that does not expire"
    elseif is_hash(client) and call("HGET", client, "tenant") ~= tenant then
        wrong = "a token of another organization than its client"
    end
    if wrong then
        damage("orphan", key, wrong, function() call("UNLINK", key) end)
    end
end


-- tokens and clients: their tenant exists and refers to them by their name
local function check_holder(key, kind, value)
    local hash = fields(key)
    if not hash.tenant or not hash.name
       or not string.find(hash.tenant, "^[%w._-]+$")
    then
        damage("orphan", key, "a " .. kind .. " without tenant or name",
               function() call("UNLINK", key) end)
        return
    end

    set_tenant(hash.tenant)
    if hash.client then
        check_issued(key, hash.client)
        return
    end
    if not exists() then
        damage("orphan", key, "a " .. kind .. " of no organization",
               function() call("UNLINK", key) end)
        return
    end

    local names = prefix .. kind .. "s"
    if (type_of(names) == "none" or is_hash(names))
       and call("HGET", names, hash.name) ~= value
    then
        damage("name", names, kind .. " \"" .. hash.name .. "\" leads "
               .. "elsewhere than to " .. key, function()
            local name = hash.name
            if is_hash("scim:" .. kind .. ":"
                       .. (call("HGET", names, name) or ""))
            then
                name = string.sub(name, 1, 55) .. "-" .. string.sub(value, 1,
                                                                   8)
            end
            call("HSET", key, "name", name)
            call("HSET", names, name, value)
        end)
    end
    if hash.scope ~= "rw" and hash.scope ~= "ro" then
        damage("scope", key, "scope is " .. (hash.scope or "absent"),
               function() call("HSET", key, "scope", "ro") end)
    end
    if hash.expires and not instant(hash.expires) then
        damage("time", key, "expires is " .. hash.expires, function()
            call("HSET", key, "expires", rfc3339(now_ms))
        end)
    end
end


-- keys ---------------------------------------------------------------------

local function check_owned(key, what, rest)
    local there = type_of(key)
    if not string.find(what.types, there, 1, true) then
        damage("type", key, "it is a " .. there, function()
            call("UNLINK", key)
        end)
        return
    end

    if what.kind == "resource" then
        check_resource(key, what)
    elseif what.kind == "meta" then
        check_meta(key)
    elseif what.kind == "moves" then
        check_moves()
    elseif what.kind == "move" then
        check_move(key, what.id)
    elseif what.kind == "tokens" or what.kind == "clients" then
        check_names(key, string.sub(what.kind, 1, -2))
    elseif what.kind == "set"
           and not is_hash(prefix .. what.type .. ":" .. what.id)
    then
        damage("orphan", key, "a set of no " .. what.type, function()
            call("UNLINK", key)
        end)
    elseif what.kind == "set" or what.kind == "list" or what.kind == "index"
    then
        if size_of(key, there) > few then
            findings[#findings + 1] = "more\t" .. tenant .. "\t" .. clean(rest)
            return
        end
        local cursor = "0"
        repeat
            cursor = check_part(key, what, cursor)
        until cursor == "0"
    end
end


local function check_key(key)
    local name, rest = string.match(key, "^scim:{([%w._-]+)}:(.+)$")
    if name then
        local what = classify(rest)
        set_tenant(name)
        if what then
            check_owned(key, what, rest)
        end
        return
    end

    local kind, value = string.match(key, "^scim:(%l+):(.+)$")
    if kind == "token" or kind == "client" then
        tenant = "-"
        if not is_hash(key) then
            damage("type", key, "it is a " .. type_of(key), function()
                call("UNLINK", key)
            end)
        elseif ARGV[4] == "all" or call("HGET", key, "tenant") == ARGV[1] then
            check_holder(key, kind, value)
        end
    end
end


-- Checks the keys that exist once for all organizations.
local function check_once()
    tenant = "-"
    local format = type_of("scim:format") == "string"
                   and call("GET", "scim:format")
    if format ~= "1" then
        damage("format", "scim:format", "it is " .. (format or "absent"),
               function() call("SET", "scim:format", "1") end)
    end
    local identity = type_of("scim:directory")
    if identity ~= "set" and identity ~= "none" then
        damage("type", "scim:directory", "it is a " .. identity, function()
            call("UNLINK", "scim:directory")
        end)
    end
    local there = type_of("scim:tenants")
    if there ~= "zset" and there ~= "none" then
        damage("type", "scim:tenants", "it is a " .. there, function()
            call("UNLINK", "scim:tenants")
        end)
        return
    end
    for _, name in ipairs(call("ZRANGE", "scim:tenants", 0, -1)) do
        if ARGV[4] == "all" or name == ARGV[1] then
            set_tenant(name)
            if type_of(prefix .. "meta") == "none" then
                damage("tenant", prefix .. "meta", "it is absent", function()
                    call("HSET", prefix .. "meta", "name", tenant, "created",
                         rfc3339(now_ms, true))
                end)
            end
        end
    end
end


if ARGV[3] == "0" then
    check_once()
end

-- Keys of others are passed quickly. A slice ends after enough keys to check, or
-- after so many keys that passing them takes time too.
local cursor, passed, looked_at = ARGV[3], 0, 0
repeat
    local page = call("SCAN", cursor, "MATCH", "scim:*", "COUNT", 500)
    for _, key in ipairs(page[2]) do
        if ARGV[4] == "all" or string.sub(key, 1, #prefix) == prefix
           or string.find(key, "^scim:%l+:")
        then
            local ours, mine = tenant, prefix
            check_key(key)
            tenant, prefix = ours, mine
            looked_at = looked_at + 1
        end
    end
    cursor = page[1]
    passed = passed + 500
until cursor == "0" or looked_at >= 500 or passed >= 5000

table.insert(findings, 1, cursor)
table.insert(findings, 2, passed)
return findings
