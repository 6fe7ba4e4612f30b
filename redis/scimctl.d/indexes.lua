-- Lists the indexes that are complete.
--
-- Returns  lines of a type, a colon and an attribute

local wrong = not_open()
if wrong then
    return wrong
end

local lines = {}
for _, type in ipairs(types()) do
    local list = call("HGET", prefix .. "meta", "indexes:" .. type) or ""
    for name in string.gmatch(list, "[^\n]+") do
        lines[#lines + 1] = type .. ":" .. name
    end
end
return lines
