-- Returns a slice of a backup, for scim-doc, which puts the slices together. The
-- whole must fit one moment, that of "final": the change stream names what must be
-- read again. If a group is too large for one call, its members are read in slices
-- beside a journal (write.lua), which notes those that change.
--
-- ARGV  2 "orgs" or "keys": cursor
--       2 "tenants": how many to leave out
--       2 "directory"
--       2 "begin"
--       2 "page": type, where to go on (a seq)
--       2 "ids": type and id, and so on
--       2 "journal" or "no_journal"
--       2 "scan": id of a group, "members" or "groups", cursor
--       2 "changed": id of the last entry that is known
--       2 "touched"
--       2 "final": id of the last entry that is known, "journal" or "", how
--         many resources may have to be read; type and id of those that are to
--         be read anyway, and so on
--       2 "stream": name, first and last entry
--       2 "import": cursor
--
-- Returns  lines of "@", a letter and words; the last one is "@."
--
--   @c cursor          where to go on, 0 at the end
--   @o org score       an organization, and its place among the others
--   @m json            fields of meta
--   @i text            the indexes that hold everything
--   @t type number     how many resources there are
--   @d                 the organization is being deleted
--   @y id              an identity of the directory
--   @s id              the last entry of the stream of changes
--   @r type id kind json TAB document
--                      a resource and its fields; kind is "-", or "l" and how
--                      often its members were replaced for a group of which they
--                      are not told here; "i" behind it while it is imported. A
--                      document that is no line of text is among the fields
--   @u ids, @g ids     members of the group that was told last
--   @x type id         there is no such resource
--   @w text            something for the operator
--   @v number          how often the members were replaced
--   @n number          how many were read
--   @e type id         it has changed
--   @l                 entries have been lost: all is to be read again
--   @f                 there is more, or too much for one moment
--   @j group id kind   what a group has of a member: "u", "g" or "-"
--   @z                 all is told
--   @q log cycles      ids of the last entries
--   @h json            an object
--   @p id json         an entry of a stream, or of the import
--   @k kind name org listed time json
--                      a token or client, and when it goes ("-" if it stays)

local step = ARGV[2]
local few, most = 500, 96 * 1024
local lines, cost = {}, 0
local journal = prefix .. "journal"
local journal_ms = 600000


local function add(...)
    lines[#lines + 1] = "@" .. table.concat({ ... }, " ")
end


-- values with a NUL are lists
local function value_of(text)
    if not string.find(text, "\0", 1, true) then
        return text
    end
    local list = {}
    for part in string.gmatch(text .. "\0", "([^%z]*)%z") do
        list[#list + 1] = part
    end
    return list
end


local function json_of(map)
    local out = {}
    for _, name in ipairs(sorted_keys(map)) do
        out[#out + 1] = cjson.encode(name) .. ":"
                        .. cjson.encode(value_of(map[name]))
    end
    return "{" .. table.concat(out, ",") .. "}"
end


-- resources -----------------------------------------------------------------

local function is_type(text)
    return #text <= 64 and string.find(text, "^%w+$")
end

local function is_id(text)
    return #text <= 64 and string.find(text, "^[%w_-]+$")
end


local function add_members(letter, key)
    local list = call("SMEMBERS", key)
    if #list > 0 then
        table.sort(list)
        add(letter, table.concat(list, " "))
        cost = cost + 32 * #list
    end
end


local function add_resource(type, id)
    local key = prefix .. type .. ":" .. id
    local hash, kind = {}, "-"
    local list = redis.pcall("HGETALL", key)
    if list.err then
        add("w", tenant, type, id, "is no resource")
        list = {}
    end
    for i = 1, #list, 2 do
        hash[list[i]] = list[i + 1]
    end
    if not hash.ver and not hash.doc then
        add("x", type, id)
        return
    end

    local size = type == "group" and call("SCARD", key .. ":members")
                                     + call("SCARD", key .. ":groups") or 0
    if size > few then
        kind = "l" .. (hash.switched or "0")
    end
    if hash.importing then
        kind = kind .. "i"
    end
    local doc = hash.doc or ""
    if doc == "" or string.find(doc, "[%z\1-\31]") then
        doc = ""
    else
        hash.doc = nil
    end
    hash.groups = nil

    add("r", type, id, kind, json_of(hash) .. "\t" .. doc)
    cost = cost + #lines[#lines] + 1000
    if size > 0 and size <= few then
        add_members("u", key .. ":members")
        add_members("g", key .. ":groups")
    end
end


local function page()
    local type, from = ARGV[3], ARGV[4]
    local list = call("ZRANGE", prefix .. type .. "s", "(" .. from, "+inf",
                      "BYSCORE", "LIMIT", 0, 100, "WITHSCORES")
    local at = #list < 200 and "0" or nil
    for i = 1, #list, 2 do
        if cost > most then
            at = list[i - 1]
            break
        end
        if is_id(list[i]) then
            add_resource(type, list[i])
        end
        at = at ~= "0" and list[i + 1] or at
    end
    table.insert(lines, 1, "@c " .. at)
end


local function ids()
    local read = 0
    for i = 3, #ARGV, 2 do
        if cost > most then
            break
        end
        add_resource(ARGV[i], ARGV[i + 1])
        read = read + 1
    end
    add("n", read)
end


-- changes -------------------------------------------------------------------

local function last_of(stream)
    local last = call("XREVRANGE", prefix .. stream, "+", "-", "COUNT", 1)
    return last[1] and last[1][1] or "0-0"
end


local function comes_before(a, b)
    local a_ms, a_seq = string.match(a, "^(%d+)-(%d+)$")
    local b_ms, b_seq = string.match(b, "^(%d+)-(%d+)$")
    a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)
    return a_ms < b_ms or a_ms == b_ms and tonumber(a_seq) < tonumber(b_seq)
end


-- Returns true if the stream has been trimmed behind this entry.
local function is_lost(from)
    if from == "0-0" then
        return call("XLEN", prefix .. "changes") > 50000
    end
    local first = call("XRANGE", prefix .. "changes", "-", "+", "COUNT", 1)
    return not first[1] or comes_before(from, first[1][1])
end


-- Reads what has changed since, each resource once. Returns their number, and
-- whether that is all.
local function changes_since(from, limit)
    local page = call("XRANGE", prefix .. "changes", "(" .. from, "+", "COUNT",
                      limit)
    local seen, list = {}, {}
    for _, entry in ipairs(page) do
        local values = entry[2]
        local type, id = values[4], values[6]
        if values[3] == "type" and is_type(type) and is_id(id)
           and not seen[type .. " " .. id]
        then
            seen[type .. " " .. id] = true
            list[#list + 1] = { type, id }
        end
    end
    return list, page[1] and page[#page][1] or from, #page < limit
end


local function add_changes(list, last, all)
    for _, what in ipairs(list) do
        add("e", what[1], what[2])
    end
    add("s", last)
    if not all then
        add("f")
    end
end


local function changed()
    if is_lost(ARGV[3]) then
        add("l")
        return
    end
    add_changes(changes_since(ARGV[3], 500))
end


-- members of large groups ---------------------------------------------------

local function keep_journal()
    call("SADD", journal, ".")
    call("PEXPIREAT", journal, string.format("%.0f", now_ms + journal_ms))
end


local function drop_journal()
    call("UNLINK", journal)
end


local function scan()
    local key = prefix .. "group:" .. ARGV[3]
    local found = call("SSCAN", key .. ":" .. ARGV[4], ARGV[5], "COUNT", 1000)
    add("c", found[1])
    add("v", call("HGET", key, "switched") or "0")
    if #found[2] > 0 then
        add(ARGV[4] == "members" and "u" or "g",
            table.concat(found[2], " "))
    end
end


-- returns the state of some members in the journal, and whether these are all
local function touched(limit)
    for _, text in ipairs(call("SPOP", journal, limit)) do
        local group, member = string.match(text, "^(%S+) (%S+)$")
        if group then
            local key = prefix .. "group:" .. group
            add("j", group, member,
                call("SISMEMBER", key .. ":members", member) == 1 and "u"
                or call("SISMEMBER", key .. ":groups", member) == 1 and "g"
                or "-")
        end
    end
    local all = call("SCARD", journal) == 0
    keep_journal()
    return all
end


local function drain()
    if call("EXISTS", journal) == 0 then
        add("l")
    elseif not touched(500) then
        add("f")
    end
end


-- the moment ----------------------------------------------------------------

local function indexes_of(meta)
    local out = {}
    for _, field in ipairs(sorted_keys(meta)) do
        if string.find(field, "^indexes:") then
            out[#out + 1] = field .. "=" .. meta[field]
        end
    end
    return clean(table.concat(out, " "))
end


local function add_meta()
    local meta = fields(prefix .. "meta")
    if meta.deleting then
        add("d")
    end
    add("i", indexes_of(meta))
    for field in pairs(meta) do
        if field == "deleting" or field == "holding"
           or string.find(field, "^reindex:")
        then
            meta[field] = nil
        end
    end
    add("m", json_of(meta))
    for _, type in ipairs(types()) do
        if is_type(type) then
            add("t", type, call("ZCARD", prefix .. type .. "s"))
        end
    end
end


local function begin()
    add_meta()
    add("s", last_of("changes"))
end


local function final()
    local from, with_journal = ARGV[3], ARGV[4] ~= ""
    if is_lost(from) or with_journal and call("EXISTS", journal) == 0 then
        add("l")
        return
    end

    local limit = tonumber(ARGV[5])
    local list, last, all = changes_since(from, limit)
    local journal_left = with_journal and call("SCARD", journal) > limit
    if not all or journal_left then
        add_changes(list, last, false)
        return
    end
    for i = 6, #ARGV, 2 do
        list[#list + 1] = { ARGV[i], ARGV[i + 1] }
    end
    for _, what in ipairs(list) do
        if cost > most * (limit > few and 20 or 1) then
            lines = {}
            add_changes(list, last, false)
            return
        end
        add_resource(what[1], what[2])
    end

    if with_journal then
        touched(limit)
    end
    add_meta()
    add("s", last)
    add("q", last_of("log"), last_of("cycles"))
    local cycle = fields(prefix .. "cycle")
    if next(cycle) then
        add("h", json_of(cycle))
    end
    add("z")
end


-- the rest ------------------------------------------------------------------

local function stream()
    local page = call("XRANGE", prefix .. ARGV[3], ARGV[4], ARGV[5], "COUNT",
                      200)
    for _, entry in ipairs(page) do
        add("p", entry[1], cjson.encode(entry[2]))
    end
    add("c", #page == 200 and "(" .. page[200][1] or "0")
end


local function import()
    local found = call("HSCAN", prefix .. "import", ARGV[3], "COUNT", 500)
    for i = 1, #found[2], 2 do
        add("p", found[2][i + 1], cjson.encode({ found[2][i] }))
    end
    add("c", found[1])
end


local function orgs()
    local found = call("SCAN", ARGV[3], "MATCH", "scim:{*}:meta", "COUNT", 1000)
    for _, key in ipairs(found[2]) do
        local name = string.match(key, "^scim:{([%w._-]+)}:meta$")
        if name and call("HEXISTS", key, "deleted") == 0 then
            add("o", name, "-")
        end
    end
    add("c", found[1])
end


local function tenants()
    local from = tonumber(ARGV[3])
    local page = call("ZRANGE", "scim:tenants", from, from + 499, "WITHSCORES")
    for i = 1, #page, 2 do
        if string.find(page[i], "^[%w._-]+$") then
            add("o", page[i], page[i + 1])
        end
    end
    add("c", #page == 1000 and from + 500 or 0)
end


local function directory()
    local ids = call("SMEMBERS", "scim:directory")
    table.sort(ids)
    for _, id in ipairs(ids) do
        if string.find(id, "^%x+$") then
            add("y", id)
        end
    end
end


local function add_key(key, kind, name)
    local hash = redis.pcall("HGETALL", key)
    if hash.err then
        return
    end
    hash = fields(key)
    local org = hash.tenant
    if not org or not string.find(org, "^[%w._-]+$") then
        return
    end
    local listed = hash.name and call("HGET", "scim:{" .. org .. "}:" .. kind
                                      .. "s", hash.name) == name
    local goes = call("PEXPIRETIME", key)
    add("k", kind, name, org, listed and "1" or "0",
        goes < 0 and "-" or string.format("%.0f", goes), json_of(hash))
end


local function keys()
    local found = call("SCAN", ARGV[3], "MATCH", "scim:[ct][ol]*:*", "COUNT",
                       1000)
    for _, key in ipairs(found[2]) do
        local kind, name = string.match(key, "^scim:(%l+):([%w._-]+)$")
        if kind == "token" or kind == "client" then
            add_key(key, kind, name)
        end
    end
    add("c", found[1])
end


local steps = {
    orgs = orgs, tenants = tenants, keys = keys, directory = directory,
    begin = begin, page = page, ids = ids, journal = keep_journal,
    no_journal = drop_journal, scan = scan, changed = changed,
    touched = drain, final = final, stream = stream, import = import,
}
steps[step]()
add(".")
return lines
