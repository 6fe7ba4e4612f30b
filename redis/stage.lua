-- One step of a change of very many members. It builds the new sets of a group
-- beside the current ones, one slice at a time; write.lua then puts them in their
-- place. Once a member is in a staged set, the group is among its holders. While a
-- move is pending there can be too many holders, and never too few.
--
-- KEYS[1]  "scim:{tenant}:"
-- ARGV     1 "open", "copy", "remove" or "add", in this order
--          2 id of the group  3 how long nobody else may take it over, in ms
--          4 name of the move
--          5... of "open": "create", "set" for members that are to be the only
--            ones, or "keep", and "less" if nobody joins; of "copy": "users" or "groups", and where to go
--            on; of "remove" and "add": ids
--
-- Returns  {"ok"}, of "copy" {"ok", where to go on, "0" at the end}
--          {"missing"}, {"deleted"}, {"busy"}: another change of this group is under way,
--          {"lost"}: it was taken over, {"nomember", id}, {"cycle", id}

local call = redis.call
local prefix = KEYS[1]
local step, id, lease, move = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local key, moves = prefix .. "group:" .. id, prefix .. "groups:moves"
local staged = moves .. ":" .. move .. ":"


-- When memory is full, Redis rejects only the first write of a script that could
-- use more. A change by which members only leave is carried out even then.
local function force()
    call("HDEL", moves, "")
end


-- Writes the state of the move: "stage", group, mode, version of the group when it
-- began, and the number of members that it has changed.
local function put(mode, version, changes)
    call("HSET", moves, move, string.format("stage %s %s %s %d", id, mode,
                                            version, changes))
    call("SET", staged .. "lease", "1", "PX", lease)
end


local function open()
    if call("HEXISTS", prefix .. "meta", "deleting") == 1 then
        return { "deleted" }
    end

    local mode, version = ARGV[5], call("HGET", key, "ver")
    if mode ~= "create" and not version then
        return { "missing" }
    end

    local other = call("HGET", moves, "group:" .. id)
    if other then
        if call("EXISTS", moves .. ":" .. other .. ":lease") == 1 then
            return { "busy" }
        end
        call("HSET", moves, other, "gone " .. id)
    end

    if ARGV[6] == "less" then
        force()
        call("HSET", moves, move .. ":less", "1")
    end
    put(mode, version or "0", 0)
    if (call("HGET", prefix .. "meta", "holding") or 0) % 2 == 0 then
        call("HINCRBY", prefix .. "meta", "holding", "1")
    end
    call("HSET", moves, "group:" .. id, move)
    call("SADD", "scim:moving", string.match(prefix, "^scim:{(.*)}:$"))
    return { "ok" }
end


if step == "open" then
    return open()
end

if call("HGET", moves, "group:" .. id) ~= move then
    return { "lost" }
end

if call("HEXISTS", moves, move .. ":less") == 1 then
    force()
end

local mode, version, changes =
    string.match(call("HGET", moves, move),
                 "^stage %S+ (%a+) (%d+) (%d+)$")
local current = { users = key .. ":members", groups = key .. ":groups" }


local function batch(command, name, list)
    return #list > 0 and call(command, name, unpack(list)) or 0
end


local function copy(set, cursor)
    local page = call("SSCAN", current[set], cursor, "COUNT", "500")
    batch("SADD", staged .. set, page[2])
    return page[1]
end


-- members that are both removed and added stay: "add" comes later
local function remove(ids)
    if mode == "keep" then
        batch("SADD", staged .. "removed", ids)
    end
    return batch("SREM", staged .. "users", ids)
           + batch("SREM", staged .. "groups", ids)
end


local function kind_of(member)
    if not string.match(member, "^[%w_-]+$") then
        return nil
    end
    if call("EXISTS", prefix .. "user:" .. member) == 1 then
        return "user"
    end
    return call("EXISTS", prefix .. "group:" .. member) == 1 and "group"
end


local function hold(kind, member)
    local hash = prefix .. kind .. ":" .. member
    if call("SADD", hash .. (kind == "user" and ":groups" or ":holders"), id)
       == 1
    then
        call("HINCRBY", hash, "groups", "1")
    end
end


-- users and groups of a list, and those that are not members yet
local function sort_out(ids)
    local sorted = { user = {}, group = {} }
    local new = { user = {}, group = {} }
    local users = call("SMISMEMBER", current.users, unpack(ids))
    local groups = call("SMISMEMBER", current.groups, unpack(ids))

    for i, member in ipairs(ids) do
        local kind = users[i] == 1 and "user" or groups[i] == 1 and "group"
        if not kind then
            kind = kind_of(member)
            if member == id then
                return nil, { "cycle", member }
            elseif not kind then
                return nil, { "nomember", member }
            end
            table.insert(new[kind], member)
        end
        table.insert(sorted[kind], member)
    end
    return sorted, new
end


local function add(ids)
    local sorted, new = sort_out(ids)
    if not sorted then
        return nil, new
    end

    if mode == "keep" then
        batch("SADD", staged .. "added", ids)
    end
    local added = batch("SADD", staged .. "users", sorted.user)
                  + batch("SADD", staged .. "groups", sorted.group)

    for kind, members in pairs(new) do
        for _, member in ipairs(members) do
            hold(kind, member)
        end
    end
    return mode == "keep" and added or #new.user + #new.group
end


local done = 0

if step == "copy" then
    local cursor = copy(ARGV[5], ARGV[6])
    put(mode, version, changes)
    return { "ok", cursor }
elseif step == "remove" then
    done = remove({ unpack(ARGV, 5) })
elseif #ARGV > 4 then
    local wrong
    done, wrong = add({ unpack(ARGV, 5) })
    if wrong then
        return wrong
    end
end

put(mode, version, changes + done)
return { "ok" }
