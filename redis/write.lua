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
--         10 names of the indexes that are kept, a line each
--         11 how many resources of the type, memberships and bytes of documents
--            the tenant may have, with spaces between, "" for any number; or
--            "less" if nothing is added, which memory that is full does not stop
--         12 number of index entries, 0 without a document
--         13 the fields of the resource that tell of them ("uq:userName",
--            "by:emails.value", or just "active"), then, in that order, what
--            is in them: values joined by NUL
--            for the provisioning log, 0 or nothing if there is to be none:
--            number of arguments, length of the log, names and values of the fields of
--            an entry
--            only if members change: "set" if those to add are to be the only
--            ones, else "keep"; number of members to add, their ids; number
--            of members to remove, their ids; or "staged" and a move of
--            stage.lua, whose members are to be the only ones
--
-- "index" writes the index entries and nothing else: no version, no event.
--
-- Returns  {"ok", version, created, modified, number of holding groups}, and "near"
--          if what was added makes four fifths of a limit, or more
--          {"same", ...} likewise, if there was nothing to change
--          {"missing"}, {"stale"}, {"exists"}
--          {"conflict", name of the index}
--          {"nomember", id}, {"cycle", id}
--          {"nested"}: too many groups are above this one, and below those that
--          are to join it, to know that none of them holds itself
--          {"deleted"}: the tenant is, or is about to be
--          {"limit", what the tenant may have, and has}
--          {"large"}: the members are to be staged first; {"lost"}: there is
--          no such move any more
--
-- A provisioning client waits for each write. So there are functions and tables
-- only where they have work to do.

local call, sub, find = redis.call, string.sub, string.find
local integer = string.format   -- a number as such takes Redis much longer
local argv, prefix = ARGV, KEYS[1]
local verb, type, id = argv[1], argv[2], argv[3]
local expected, now, changed, doc = argv[4], argv[5], argv[7], argv[8]

local key = prefix .. type .. ":" .. id
local by = prefix .. type .. "s:by:"

-- entry i has its field at fields_at + i, its values at texts_at + i
local entries = tonumber(argv[12])
local fields_at, texts_at = 12, 12 + entries
local log_at = texts_at + entries + 1
local members_at = log_at + 1 + (argv[log_at] or 0)


-- checks ------------------------------------------------------------------

local meta, limits = prefix .. "meta", argv[11]
local deleting, own_limits, memberships, holding, bytes, seq, indexes, reindex

if doc == "" and verb ~= "create" then
    deleting, own_limits, memberships, holding = unpack(call("HMGET", meta,
        "deleting", "limits", "memberships", "holding"))
else
    deleting, own_limits, memberships, holding, bytes, seq, indexes, reindex =
        unpack(call("HMGET", meta, "deleting", "limits", "memberships",
                    "holding", "bytes", "seq", "indexes:" .. type,
                    "reindex:" .. type))
end

-- If the number is even, very many members change nowhere.
local moving = not holding or holding % 2 == 1

local version, created, groups = nil, now, "0"
local size, members = 0, 0      -- as they are counted
local had                       -- values before, entry i at 5 + i

if deleting then
    return { "deleted" }
end

if verb == "create" then
    if call("EXISTS", key) == 1 then
        return { "exists" }
    end
else
    had = call("HMGET", key, "ver", "created", "groups", "n:bytes",
               "n:members", unpack(argv, fields_at + 1, texts_at))
    version, created, groups = had[1], had[2], had[3] or "0"
    size, members = had[4] or 0, had[5]
    if not version then
        return { "missing" }
    elseif expected ~= "" and expected ~= version then
        return { "stale" }
    end
end

local more_bytes, more_members = doc ~= "" and #doc - size or 0, 0
local most_members, near

if verb == "index" then         -- counted anew
    more_bytes = #(call("HGET", key, "doc") or "") - size
    more_members = type == "group" and call("SCARD", key .. ":members")
                   + call("SCARD", key .. ":groups") - (members or 0) or 0
end

-- Resources are numbered when they are created, so seq is at least their number,
-- and they are only counted if it has reached the limit.
if limits ~= "" and limits ~= "less"
   and (doc ~= "" or argv[members_at] and argv[members_at + 1] ~= "0")
then
    local most, most_bytes
    most, most_members, most_bytes = string.match(limits, "(%d+) (%d+) (%d+)")

    if own_limits then          -- those of this tenant
        local own = " " .. own_limits
        most = string.match(own, " " .. type .. "s=(%d+)") or most
        most_members = string.match(own, " memberships=(%d+)") or most_members
        most_bytes = string.match(own, " bytes=(%d+)") or most_bytes
    end

    if verb == "create" and (seq or 0) + 0 >= tonumber(most)
       and call("ZCARD", prefix .. type .. "s") >= tonumber(most)
    then
        return { "limit", most .. " " .. type .. "s" }
    elseif more_bytes > 0
           and (bytes or 0) + more_bytes > tonumber(most_bytes)
    then
        return { "limit", most_bytes .. " bytes of resources" }
    end

    near = more_bytes > 0 and (bytes or 0) + more_bytes >= most_bytes * 0.8
           or verb == "create" and (seq or 0) + 1 >= most * 0.8
              and call("ZCARD", prefix .. type .. "s") + 1 >= most * 0.8
end

for i = 1, entries do
    local field, text = argv[fields_at + i], argv[texts_at + i]
    if sub(field, 1, 3) == "uq:" and not (had and had[5 + i] == text) then
        local name = sub(field, 4)
        for value in string.gmatch(text, "[^%z]+") do
            local owner = call("HGET", by .. name, value)
            if owner and owner ~= id then
                return { "conflict", name }
            end
        end
    end
end


-- members -----------------------------------------------------------------

-- Members are users and groups, each kind in a set of its own. All of them are
-- checked before the first one joins; members always may leave.

if limits == "less" then
    call("HDEL", key, "")       -- see below
end

local members_changed = false
local holding_changed = false   -- a group has another name or other holders
local moves = prefix .. "groups:moves"


-- A group must not contain itself. The groups that join are a list, or a set of
-- the store. None of them may be above the group; nothing is above a new group. A
-- search from one end is enough, through at most this many groups.
local nested

if argv[members_at] and verb == "update" then
    local most = 1000

    -- while very many members change, there can be too many holders
    local function holds(group, inner)
        return not moving or call("SISMEMBER", prefix .. "group:" .. group
                                  .. ":groups", inner) == 1
    end

    -- returns the groups above this one, and true if not all of them
    local function upward()
        local seen, todo, looked = { [id] = true }, { id }, 0
        while todo[1] do
            local inner = table.remove(todo)
            local set = prefix .. "group:" .. inner .. ":holders"
            looked = looked + 1 + call("SCARD", set)
            if looked > most then
                return seen, true
            end
            for _, group in ipairs(call("SMEMBERS", set)) do
                if not seen[group] and holds(group, inner) then
                    seen[group] = true
                    todo[#todo + 1] = group
                end
            end
        end
        return seen, false
    end

    local function downward(list)
        local from, todo, looked = {}, {}, 0
        for i, group in ipairs(list) do
            from[group], todo[i] = group, group
        end
        while todo[1] do
            local outer = table.remove(todo)
            local set = prefix .. "group:" .. outer .. ":groups"
            looked = looked + 1 + call("SCARD", set)
            if looked > most then
                return { "nested" }
            end
            for _, group in ipairs(call("SMEMBERS", set)) do
                if group == id then
                    return { "cycle", from[outer] }
                elseif not from[group] then
                    from[group] = from[outer]
                    todo[#todo + 1] = group
                end
            end
        end
    end

    nested = function(list, set)
        moving = moving and call("EXISTS", moves) == 1
        local above, more = upward()
        for _, group in ipairs(list or {}) do
            if above[group] then
                return { "cycle", group }
            end
        end
        for group in pairs(set and above or {}) do
            if call("SISMEMBER", set, group) == 1 then
                return { "cycle", group }
            end
        end
        if more and set and call("SCARD", set) > most then
            return { "nested" }
        end
        return more and downward(list or call("SMEMBERS", set)) or nil
    end
end

if argv[members_at] == "staged" then
    local move = argv[members_at + 1]
    local staged = moves .. ":" .. move .. ":"

    if call("HGET", moves, "group:" .. id) ~= move then
        return { "lost" }
    end

    local wrong = nested and nested(nil, staged .. "groups")
    if wrong then
        return wrong
    end

    -- The members are unchanged if no difference was found, not by their number
    -- either, and no other change has come meanwhile.
    local began, changes = string.match(call("HGET", moves, move),
                                        "(%d+) (%d+)$")
    members_changed = changes ~= "0" or began ~= (version or "0")

    for to, from in pairs({ members = "users", groups = "groups" }) do
        members_changed = members_changed
                          or call("SCARD", key .. ":" .. to)
                             ~= call("SCARD", staged .. from)
    end

    more_members = call("SCARD", staged .. "users")
                   + call("SCARD", staged .. "groups") - (members or 0)
    if most_members and more_members > 0
       and (memberships or 0) + more_members > tonumber(most_members)
    then
        return { "limit", most_members .. " memberships" }
    end

    -- afterwards the move has the former members, for sweep.lua
    if members_changed then
        for to, from in pairs({ members = "users", groups = "groups" }) do
            local set, new, old = key .. ":" .. to, staged .. from,
                                  staged .. "old"
            local there = call("EXISTS", set) == 1
            if there then
                call("RENAME", set, old)
            end
            if call("EXISTS", new) == 1 then
                call("RENAME", new, set)
            end
            if there then
                call("RENAME", old, new)
            end
        end
        call("HDEL", moves, "group:" .. id)
        call("HSET", moves, move, "gone " .. id)
        call("HINCRBY", key, "switched", "1")
    end
elseif argv[members_at] then
    local users_key, groups_key = key .. ":members", key .. ":groups"
    local only = argv[members_at] == "set" and verb == "update"
    local add_at = members_at + 1
    local add = tonumber(argv[add_at])
    local remove_at = add_at + add + 1
    local remove = tonumber(argv[remove_at])
    local wanted, groups_wanted = {}, {}

    if only and call("SCARD", users_key) + call("SCARD", groups_key) + add
                > 500
    then
        return { "large" }
    end

    -- A move that adds or removes members keeps the current state of those that it
    -- does not name. A move that replaces them comes after this change.
    local move = verb == "update" and moving
                 and call("HGET", moves, "group:" .. id)
    local staged = move and moves .. ":" .. move .. ":"
    local follows = move and find(call("HGET", moves, move), "^stage %S+ keep ")

    -- a backup that reads a large group in slices notes the members that come and
    -- go
    local journal = verb == "update" and call("EXISTS", prefix .. "journal") == 1

    local function changes(member)
        members_changed = true
        if journal then
            call("SADD", prefix .. "journal", id .. " " .. member)
        end
    end

    local joining = {}          -- groups that are not members yet

    local function count_new()
        local n, kinds = add, { users_key, groups_key }
        for k = 1, add > 0 and 2 or 0 do
            for _, is in ipairs(call("SMISMEMBER", kinds[k],
                                     unpack(argv, add_at + 1, add_at + add)))
            do
                n = n - is
            end
        end
        return n
    end

    for i = add_at + 1, add_at + add do
        local member = argv[i]
        wanted[member] = true
        if member == id then
            return { "cycle", member }
        elseif not find(member, "^[%w_-]+$") then
            return { "nomember", member }
        elseif call("EXISTS", prefix .. "user:" .. member) == 0
               and not groups_wanted[member]
        then
            if call("EXISTS", prefix .. "group:" .. member) == 0 then
                return { "nomember", member }
            elseif call("SISMEMBER", groups_key, member) == 0 then
                joining[#joining + 1] = member
            end
            groups_wanted[member] = true
        end
    end

    local wrong = nested and joining[1] and nested(joining)
    if wrong then
        return wrong
    end

    if most_members and add > 0
       and (memberships or 0) + add > tonumber(most_members)
       and (memberships or 0) + count_new() > tonumber(most_members)
    then
        return { "limit", most_members .. " memberships" }
    end

    -- groups that were never counted are counted from now on
    if not members then
        more_members = verb == "create" and 0
                       or call("SCARD", users_key) + call("SCARD", groups_key)
    end

    -- When memory is full, Redis rejects only the first write of a script that
    -- could use more.
    if only and doc == "" and count_new() == 0 then
        limits = "less"
    elseif had and limits ~= "less" and (add > 0 or doc ~= "")
           and (only or remove > 0)
    then
        call("HSET", key, "ver", version)
    end

    -- a member knows its holders, and its hash their number
    local function join(set, kind, holders, member)
        if call("SADD", set, member) == 1 then
            local hash = prefix .. kind .. member
            if call("SADD", hash .. holders, id) == 1 then
                call("HINCRBY", hash, "groups", "1")
            end
            holding_changed = holding_changed or kind == "group:"
            if follows and call("SISMEMBER", staged .. "removed", member) == 0
            then
                call("SADD", staged .. sub(kind, 1, -2) .. "s", member)
            end
            changes(member)
            more_members = more_members + 1
        end
    end

    local function leave(set, kind, holders, member)
        if call("SREM", set, member) == 0 then
            return false
        end
        changes(member)
        holding_changed = holding_changed or kind == "group:"
        more_members = more_members - 1
        local hash = prefix .. kind .. member
        local other = move and staged .. sub(kind, 1, -2) .. "s"
        if follows and call("SISMEMBER", staged .. "added", member) == 0 then
            call("SREM", other, member)
        end
        if move and call("SISMEMBER", other, member) == 1 then
            return true
        end
        if call("SREM", hash .. holders, id) == 1
           and call("HINCRBY", hash, "groups", "-1") <= 0
        then
            call("HDEL", hash, "groups")
        end
        return true
    end

    local function leave_others(set, kind, holders)
        local cursor = "0"
        repeat
            local page = call("SSCAN", set, cursor, "COUNT", 1000)
            cursor = page[1]
            for _, member in ipairs(page[2]) do
                if not wanted[member] then
                    leave(set, kind, holders, member)
                end
            end
        until cursor == "0"
    end

    if only then
        leave_others(users_key, "user:", ":groups")
        leave_others(groups_key, "group:", ":holders")
    end

    for i = remove_at + 1, only and remove_at or remove_at + remove do
        local member = argv[i]
        if not wanted[member]
           and not leave(users_key, "user:", ":groups", member)
        then
            leave(groups_key, "group:", ":holders", member)
        end
    end

    for i = add_at + 1, add_at + add do
        local member = argv[i]
        if groups_wanted[member] then
            join(groups_key, "group:", ":holders", member)
        else
            join(users_key, "user:", ":groups", member)
        end
    end
end

if doc == "" and not members_changed and verb ~= "index" then
    return { "same", version, created, call("HGET", key, "modified"), groups }
end


-- writes ------------------------------------------------------------------

if more_bytes ~= 0 and verb ~= "create" then
    call("HINCRBY", meta, "bytes", integer("%d", more_bytes))
end
if more_members ~= 0 then
    call("HINCRBY", meta, "memberships", integer("%d", more_members))
end

-- the indexes that are known to hold every resource of the type
if doc ~= "" then
    local field, kept = "indexes:" .. type, argv[10]
    local known = indexes

    if known ~= kept or reindex then
        local function still_kept(list)
            local both = {}
            for name in string.gmatch(list, "[^\n]+") do
                if find("\n" .. kept .. "\n", "\n" .. name .. "\n", 1,
                               true)
                then
                    both[#both + 1] = name
                end
            end
            return table.concat(both, "\n")
        end

        -- a reindex without an entry of this resource will not be complete
        if reindex and still_kept(reindex) ~= reindex then
            call("HDEL", meta, "reindex:" .. type)
        end

        if known ~= kept then
            if verb == "create"
               and call("EXISTS", prefix .. type .. "s") == 0
            then
                call("HSET", meta, "format", "1", field, kept)
            else
                call("HSET", meta, field, still_kept(known or ""))
            end
        end
    end
end


local function move_unique(index, before, text)
    for value in string.gmatch(before, "[^%z]+") do
        if call("HGET", index, value) == id then
            call("HDEL", index, value)
        end
    end
    for value in string.gmatch(text, "[^%z]+") do
        call("HSET", index, value, id)
    end
end


-- entries that stay are not touched
local function move_lexical(index, before, text)
    if before == "" and not find(text, "\0", 1, true) then
        call("ZADD", index, "0", text .. "\0" .. id)
        return
    end

    local new, list = {}, {}
    for value in string.gmatch(text, "[^%z]+") do
        new[value] = true
    end
    for value in string.gmatch(before, "[^%z]+") do
        if new[value] then
            new[value] = nil
        else
            call("ZREM", index, value .. "\0" .. id)
        end
    end
    for value in pairs(new) do
        list[#list + 1] = "0"
        list[#list + 1] = value .. "\0" .. id
        if #list == 1000 then
            call("ZADD", index, unpack(list))
            list = {}
        end
    end
    if list[1] then
        call("ZADD", index, unpack(list))
    end
end


-- names and values of the resource's new hash fields, set by one command
local set

if verb == "create" then
    seq = integer("%d", (seq or 0) + 1)
    call("HSET", meta, "seq", seq, "bytes",
         integer("%d", (bytes or 0) + more_bytes))
    version = expected ~= "" and expected or "1"
    set = { "ver", version, "created", now, "modified", now, "seq", seq }
    call("ZADD", prefix .. type .. "s", seq, id)
elseif verb == "update" then
    version = integer("%d", version + 1)
    set = { "ver", version, "modified", now }
else
    set = {}
end

for i = 1, entries do
    local field, text = argv[fields_at + i], argv[texts_at + i]
    local before = had and had[5 + i] or ""

    if before ~= text then
        local kind, index = sub(field, 1, 3), by .. sub(field, 4)
        holding_changed = holding_changed
                          or field == "displayName" and verb ~= "create"

        if kind == "uq:" then
            move_unique(index, before, text)
        elseif kind == "by:" then
            move_lexical(index, before, text)
        end

        if text == "" then
            call("HDEL", key, field)
        else
            set[#set + 1] = field
            set[#set + 1] = text
        end
    end
end

-- Workers that remember groups read them anew: see docs/data-model.md. The first
-- number is the time, so that it is greater than each number of a deleted tenant
-- of this name, whose groups can have had the same ids.
if not holding and type == "group" then
    local time = call("TIME")
    call("HSET", meta, "holding",
         integer("%.0f", 2 * (time[1] * 1000 + math.floor(time[2] / 1000))
                         + call("EXISTS", moves)))
elseif holding_changed then
    call("HINCRBY", meta, "holding", "2")
end

if more_bytes ~= 0 then
    set[#set + 1] = "n:bytes"
    set[#set + 1] = integer("%d", size + more_bytes)
end
if more_members ~= 0 then
    set[#set + 1] = "n:members"
    set[#set + 1] = integer("%d", (members or 0) + more_members)
end

if doc ~= "" then
    set[#set + 1] = "doc"
    set[#set + 1] = doc
end

if set[1] then
    call("HSET", key, unpack(set))
end

if verb == "index" then
    return { "ok", version }
end

if members_changed then
    changed = changed == "" and "members" or changed .. ",members"
end

call("XADD", prefix .. "changes", "MAXLEN", "~", argv[9], "*",
     "op", verb, "type", type, "id", id, "ver", version, "actor", argv[6],
     "attrs", changed)

-- The gates of nginx listen to this channel. The change stands even if the account must
-- not publish.
if type == "user" or type == "group" then
    redis.pcall("PUBLISH", "scim:changed", key)
end

if members_at > log_at + 1 then
    call("XADD", prefix .. "log", "MAXLEN", "~", argv[log_at + 1], "*",
         unpack(argv, log_at + 2, members_at - 1))
end

near = near or most_members and more_members > 0
               and (memberships or 0) + more_members >= most_members * 0.8

return { "ok", version, created, now, groups, near and "near" or nil }
