-- Groups in groups that may hold themselves.
--
-- ARGV  3... a group and a group in it, and so on
--
-- Returns  findings

local function reaches(from, to)
    local seen, todo = { [from] = true }, { from }
    while #todo > 0 do
        local group = table.remove(todo)
        if group == to then
            return true
        end
        for _, inner in ipairs(call("SMEMBERS", prefix .. "group:" .. group
                                                .. ":groups"))
        do
            if not seen[inner] then
                seen[inner] = true
                todo[#todo + 1] = inner
            end
        end
    end
    return false
end


for i = 3, #ARGV - 1, 2 do
    local outer, inner = ARGV[i], ARGV[i + 1]
    local key = prefix .. "group:" .. outer
    if call("SISMEMBER", key .. ":groups", inner) == 1
       and reaches(inner, outer)
    then
        damage("cycle", key .. ":groups", "\"" .. inner .. "\" holds it too",
               function()
            drop_member({ key = key, id = outer }, key .. ":groups", inner)
            call("SREM", prefix .. "group:" .. inner .. ":holders", outer)
            count_holders("group", inner)
        end)
    end
end

return findings
