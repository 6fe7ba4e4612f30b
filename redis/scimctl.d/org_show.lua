-- One organization.
--
-- ARGV  2 "text" or "json"
--
-- Returns  lines of a name and a value, or one object

if not exists() then
    return no_tenant()
end

local meta = fields(prefix .. "meta")
local names = { "tenant", "name", "accounts", "created", "deleting" }
local values = { tenant, meta.name, meta.accounts, meta.created,
                 meta.deleting and true }

local function add(name, value)
    names[#names + 1] = name
    values[#names] = value
end

for _, type in ipairs(types()) do
    add(type .. "s", call("ZCARD", prefix .. type .. "s"))
    local indexes = meta["indexes:" .. type]
    if indexes then
        add(type .. "Indexes", (string.gsub(indexes, "\n", " ")))
    end
end
add("tokens", call("HLEN", prefix .. "tokens"))
add("clients", call("HLEN", prefix .. "clients"))
add("changes", call("XLEN", prefix .. "changes"))
add("log", call("XLEN", prefix .. "log"))
local cycle = call("HMGET", prefix .. "cycle", "state", "last")
add("cycle", cycle[1] and cycle[1] .. ", last request " .. (cycle[2] or ""))

if ARGV[2] == "json" then
    return row("json", names, values)
end

local lines = {}
for i, name in ipairs(names) do
    if values[i] ~= nil and values[i] ~= false then
        lines[#lines + 1] = name .. "\t" .. clean(tostring(values[i]))
    end
end
return lines
