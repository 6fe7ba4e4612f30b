-- Carries out one change of one resource, whole or not at all: compares the
-- version, keeps unique values unique, moves index entries and memberships,
-- appends to the change stream and, if asked to, to the provisioning log.
--
-- KEYS[1]  "scim:{tenant}:", in front of every key that is used
-- ARGV     1 "create", "update" or "index"
--          2 type, "user"         3 id
--          4 expected version, "" for any; of a creation the version that it
--            is to have, "" for 1
--          5 now                  6 actor
--          7 names of changed attributes, joined by commas
--          8 document, "" to leave it as it is
--          9 length of the change stream
--         10 "set" if the members to add are to be the only ones, "staged" if
--            they are those of a move of stage.lua, its only member to add,
--            else "keep"
--         11 number of index entries, then of each:
--            kind ("unique", "lexical", "field"), name, number of values,
--            values
--            number of members to add, their ids
--            number of members to remove, their ids
--            for the provisioning log, 0 or nothing if there is to be none:
--            number of arguments, length of the log, names and values of the
--            fields of an entry
--
-- "index" writes the index entries and nothing else: no version, no event.
--
-- Returns  {"ok", version, created, modified, number of holding groups}
--          {"same", ...} likewise, if there was nothing to change
--          {"missing"}, {"stale"}, {"exists"}
--          {"conflict", name of the index}
--          {"nomember", id}, {"cycle", id}
--          {"large"}, members are to be staged first; {"lost"}, such a stage is
--          no longer there

local call = redis.call
local prefix = KEYS[1]
local verb, type, id = ARGV[1], ARGV[2], ARGV[3]
local expected, now, actor = ARGV[4], ARGV[5], ARGV[6]
local changed, doc = ARGV[7], ARGV[8]

local key = prefix .. type .. ":" .. id
local moves = prefix .. "groups:moves"
local batch, few = 1000, 500


local function take_list(at)
    local list, n = {}, tonumber(ARGV[at])
    for i = 1, n do
        list[i] = ARGV[at + i]
    end
    return list, at + n + 1
end


-- an empty value is none: entries are kept joined by NUL
local function take_values(at)
    local values, list = {}, nil
    list, at = take_list(at)
    for _, value in ipairs(list) do
        if value ~= "" then
            values[#values + 1] = value
        end
    end
    return values, at
end


local function take_indexes(at)
    local indexes, n = {}, tonumber(ARGV[at])
    at = at + 1
    for i = 1, n do
        local index = { kind = ARGV[at], name = ARGV[at + 1] }
        index.values, at = take_values(at + 2)
        indexes[i] = index
    end
    return indexes, at
end


-- calls a command on a key with any number of arguments, in batches
local function each_batch(command, name, list)
    for from = 1, #list, batch do
        call(command, name, unpack(list, from, math.min(from + batch - 1,
                                                        #list)))
    end
end


local function split(text)
    local list = {}
    for value in string.gmatch(text or "", "[^%z]+") do
        list[#list + 1] = value
    end
    return list
end


local function index_key(name)
    return prefix .. type .. "s:by:" .. name
end


-- checks ------------------------------------------------------------------

local indexes, at = take_indexes(11)
local add, remove
add, at = take_list(at)
remove, at = take_list(at)
local logged = ARGV[at] and take_list(at) or {}

local version = call("HGET", key, "ver")

if verb == "create" then
    if version then
        return { "exists" }
    end
elseif not version then
    return { "missing" }
elseif expected ~= "" and expected ~= version then
    return { "stale" }
end

for _, index in ipairs(indexes) do
    if index.kind == "unique" then
        for _, value in ipairs(index.values) do
            local owner = call("HGET", index_key(index.name), value)
            if owner and owner ~= id then
                return { "conflict", index.name }
            end
        end
    end
end


-- members are users and groups, each kind in a set of its own
local users_key, groups_key = key .. ":members", key .. ":groups"

local function member_kind(member)
    if not string.match(member, "^[%w_-]+$") then
        return nil
    end
    if call("EXISTS", prefix .. "user:" .. member) == 1 then
        return "user"
    end
    if call("EXISTS", prefix .. "group:" .. member) == 1 then
        return "group"
    end
end


-- is this group below that one, through any number of groups?
local function reaches(from)
    local seen, todo = { [from] = true }, { from }
    while #todo > 0 do
        local group = table.remove(todo)
        if group == id then
            return true
        end
        for _, child in ipairs(call("SMEMBERS",
                                    prefix .. "group:" .. group .. ":groups"))
        do
            if not seen[child] then
                seen[child] = true
                todo[#todo + 1] = child
            end
        end
    end
    return false
end


-- a group that is in this set and holds this one, through any number of groups
local function holder_in(set)
    local seen, todo = { [id] = true }, { id }
    while call("EXISTS", set) == 1 and #todo > 0 do
        local inner = table.remove(todo)
        local holders = prefix .. "group:" .. inner .. ":holders"
        for _, holder in ipairs(call("SMEMBERS", holders)) do
            if not seen[holder]
               and call("SISMEMBER", prefix .. "group:" .. holder .. ":groups",
                        inner) == 1
            then
                if call("SISMEMBER", set, holder) == 1 then
                    return holder
                end
                seen[holder] = true
                todo[#todo + 1] = holder
            end
        end
    end
end


-- Staged members differ from those there are, unless nothing was found to
-- differ, then or by their number, and no other change has come in between.
local function differs(move)
    local staged = moves .. ":" .. move .. ":"
    local count = { call("SCARD", staged .. "users"),
                    call("SCARD", staged .. "groups") }
    if verb == "create" then
        return count[1] + count[2] > 0
    end
    local began, changes = string.match(call("HGET", moves, move),
                                        "(%d+) (%d+)$")
    return changes ~= "0" or began ~= version
           or count[1] ~= call("SCARD", users_key)
           or count[2] ~= call("SCARD", groups_key)
end


local new = { user = {}, group = {} }
local gone = { user = {}, group = {} }
local wanted = {}
local move, stage, members_changed

if ARGV[10] == "staged" then
    move, add = add[1], {}
    if call("HGET", moves, "group:" .. id) ~= move then
        return { "lost" }
    end
    local holder = holder_in(moves .. ":" .. move .. ":groups")
    if holder then
        return { "cycle", holder }
    end
    members_changed = differs(move)
elseif verb == "update" and (#add + #remove > 0 or ARGV[10] == "set") then
    if ARGV[10] == "set"
       and call("SCARD", users_key) + call("SCARD", groups_key) > few
    then
        return { "large" }
    end
    stage = call("HGET", moves, "group:" .. id)
end

for _, member in ipairs(add) do
    local seen_before = wanted[member]
    wanted[member] = true
    if not seen_before and (verb == "create"
       or (call("SISMEMBER", users_key, member) == 0
           and call("SISMEMBER", groups_key, member) == 0))
    then
        local kind = member_kind(member)
        if not kind and member ~= id then
            return { "nomember", member }
        end
        if member == id or (kind == "group" and reaches(member)) then
            return { "cycle", member }
        end
        table.insert(new[kind], member)
    end
end

local function leaves(kind, set, member)
    if not wanted[member] and call("SISMEMBER", set, member) == 1 then
        wanted[member] = true
        table.insert(gone[kind], member)
    end
end

if ARGV[10] == "set" and verb == "update" then
    for kind, set in pairs({ user = users_key, group = groups_key }) do
        local cursor = "0"
        repeat
            local page = call("SSCAN", set, cursor, "COUNT", batch)
            cursor = page[1]
            for _, member in ipairs(page[2]) do
                leaves(kind, set, member)
            end
        until cursor == "0"
    end
else
    for _, member in ipairs(remove) do
        leaves("user", users_key, member)
        leaves("group", groups_key, member)
    end
end

members_changed = members_changed
                  or #new.user + #new.group + #gone.user + #gone.group > 0

if verb ~= "index" and doc == "" and not members_changed then
    local now_there = call("HMGET", key, "ver", "created", "modified",
                           "groups")
    return { "same", now_there[1], now_there[2], now_there[3],
             now_there[4] or "0" }
end


-- writes ------------------------------------------------------------------

-- the indexes that hold every resource of the type, as far as is known
local function keep_track_of_indexes()
    local names, maintained = {}, {}
    for _, index in ipairs(indexes) do
        if index.kind ~= "field" then
            names[#names + 1] = index.name
            maintained[index.name] = true
        end
    end

    local function still_maintained(list)
        local both = {}
        for name in string.gmatch(list, "[^\n]+") do
            if maintained[name] then
                both[#both + 1] = name
            end
        end
        return table.concat(both, "\n")
    end

    local list = table.concat(names, "\n")
    local meta, field = prefix .. "meta", "indexes:" .. type
    local state = call("HMGET", meta, field, "reindex:" .. type)
    local known, reindex = state[1], state[2]

    -- a reindex for which an entry is missing now will not be complete
    if reindex and still_maintained(reindex) ~= reindex then
        call("HDEL", meta, "reindex:" .. type)
    end

    if known == list then
        return
    end

    if verb == "create"
       and call("EXISTS", prefix .. type .. "s") == 0
    then
        call("HSET", meta, "format", "1", field, list)
        return
    end

    call("HSET", meta, field, still_maintained(known or ""))
end


local function move_unique(index, old)
    local by = index_key(index.name)
    for _, value in ipairs(old) do
        if call("HGET", by, value) == id then
            call("HDEL", by, value)
        end
    end
    for _, value in ipairs(index.values) do
        call("HSET", by, value, id)
    end
end


local function move_lexical(index, old)
    local by, had, has = index_key(index.name), {}, {}
    for _, value in ipairs(index.values) do
        has[value] = true
    end
    for _, value in ipairs(old) do
        had[value] = true
        if not has[value] then
            call("ZREM", by, value .. "\0" .. id)
        end
    end
    for _, value in ipairs(index.values) do
        if not had[value] then
            call("ZADD", by, 0, value .. "\0" .. id)
        end
    end
end


-- names and values that the resource's hash is to have, set by one command
local fields = {}

local function set_field(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
end


-- in the resource "uq:" and "by:" tell which entries it has in which index
local function move_index(index)
    local field, text = index.name, table.concat(index.values, "\0")

    if index.kind == "unique" then
        field = "uq:" .. field
    elseif index.kind == "lexical" then
        field = "by:" .. field
    end

    local old = verb ~= "create" and call("HGET", key, field)
    if (old or "") == text then
        return
    end

    if index.kind == "unique" then
        move_unique(index, split(old))
    elseif index.kind == "lexical" then
        move_lexical(index, split(old))
    end

    if text == "" then
        call("HDEL", key, field)
    else
        set_field(field, text)
    end
end


-- Puts a set in the place of another, which then has its name.
local function exchange(set, staged)
    local there = call("EXISTS", set) == 1
    if there then
        call("RENAME", set, staged .. ":old")
    end
    if call("EXISTS", staged) == 1 then
        call("RENAME", staged, set)
    end
    if there then
        call("RENAME", staged .. ":old", staged)
    end
end


-- what was staged are the members now; sweep.lua cleans up behind the others
local function switch()
    local clock = call("TIME")
    exchange(users_key, moves .. ":" .. move .. ":users")
    exchange(groups_key, moves .. ":" .. move .. ":groups")
    call("HDEL", moves, "group:" .. id)
    call("HSET", moves, move, string.format("gone %s %.0f", id,
         clock[1] * 1000 + math.floor(clock[2] / 1000) + 5000))
    call("HINCRBY", key, "switched", 1)
end


-- A large change that adds or removes members is under way: what it does not
-- name is to be as it is now. One that replaces them all comes behind this.
local function follow(of, came, left)
    local staged = moves .. ":" .. stage .. ":"
    if not string.find(call("HGET", moves, stage), " keep %d+ %d+$") then
        return
    end
    for _, member in ipairs(came) do
        if call("SISMEMBER", staged .. "removed", member) == 0 then
            call("SADD", staged .. of, member)
        end
    end
    for _, member in ipairs(left) do
        if call("SISMEMBER", staged .. "added", member) == 0 then
            call("SREM", staged .. of, member)
        end
    end
end


-- the groups that hold a member, and their number in its hash
local function join(kind, member)
    local hash = prefix .. kind .. ":" .. member
    if call("SADD", hash .. (kind == "user" and ":groups" or ":holders"), id)
       == 1
    then
        call("HINCRBY", hash, "groups", 1)
    end
end


local function leave(kind, member)
    local holders = kind == "user" and ":groups" or ":holders"
    local hash = prefix .. kind .. ":" .. member
    if stage and call("SISMEMBER", moves .. ":" .. stage .. ":" .. kind .. "s",
                      member) == 1
    then
        return
    end
    if call("SREM", hash .. holders, id) == 1
       and call("HINCRBY", hash, "groups", -1) <= 0
    then
        call("HDEL", hash, "groups")
    end
end


local function change_members(kind, set)
    each_batch("SADD", set, new[kind])
    each_batch("SREM", set, gone[kind])
    if stage then
        follow(kind .. "s", new[kind], gone[kind])
    end
    for _, member in ipairs(new[kind]) do
        join(kind, member)
    end
    for _, member in ipairs(gone[kind]) do
        leave(kind, member)
    end
end


if verb == "index" then
    for _, index in ipairs(indexes) do
        move_index(index)
    end
    each_batch("HSET", key, fields)
    return { "ok", version }
end

if doc ~= "" then
    keep_track_of_indexes()
end

if verb == "create" then
    local seq = call("HINCRBY", prefix .. "meta", "seq", 1)
    version = expected ~= "" and expected or "1"
    set_field("ver", version)
    set_field("created", now)
    set_field("modified", now)
    set_field("seq", seq)
    call("ZADD", prefix .. type .. "s", seq, id)
else
    version = tostring(call("HINCRBY", key, "ver", 1))
    set_field("modified", now)
end

if doc ~= "" then
    for _, index in ipairs(indexes) do
        move_index(index)
    end
    set_field("doc", doc)
end

each_batch("HSET", key, fields)

if members_changed then
    if move then
        switch()
    else
        change_members("user", users_key)
        change_members("group", groups_key)
    end
    changed = changed .. (changed == "" and "" or ",") .. "members"
end

call("XADD", prefix .. "changes", "MAXLEN", "~", ARGV[9], "*",
     "op", verb, "type", type, "id", id, "ver", version, "actor", actor,
     "attrs", changed)

if #logged > 0 then
    call("XADD", prefix .. "log", "MAXLEN", "~", logged[1], "*",
         unpack(logged, 2))
end

local state = call("HMGET", key, "created", "groups")

return { "ok", version, state[1], now, state[2] or "0" }
