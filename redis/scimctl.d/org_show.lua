-- Shows one organization.
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
for _, what in ipairs({ "memberships", "bytes" }) do
    add(what, tonumber(meta[what] or "0"))
end
add("limits", meta.limits)
add("tokens", call("HLEN", prefix .. "tokens"))
add("clients", call("HLEN", prefix .. "clients"))
add("changes", call("XLEN", prefix .. "changes"))
add("log", call("XLEN", prefix .. "log"))

-- of the cycle, with operations a minute where it is long enough to tell
local cycle = fields(prefix .. "cycle")
if cycle.state then
    local began, last = instant(cycle.began or ""), instant(cycle.last or "")
    local minutes = began and last and (last - began) / 60000 or 0
    local rate = minutes * 6 >= 1
                 and math.floor((tonumber(cycle.events) or 0) / minutes + 0.5)
    add("cycle", cycle.state
                 .. (rate and rate > 0 and string.format(", %.0f a minute", rate)
                     or "") .. ", last request " .. (cycle.last or ""))
end

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
