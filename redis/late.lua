-- Stands in front of a script that changes something, and rejects it after its
-- deadline. The module has then told the client so, and later changes may have
-- been acknowledged.
--
-- ARGV  at the end one more than the script has: until when it may begin, by the
--       clock of this server, in ms since 1970
--
-- Returns  {"late"}

do
    local time, last = redis.call("TIME"), tonumber(ARGV[#ARGV])
    if time[1] * 1000 + time[2] / 1000 > last then
        return { "late" }
    end
    ARGV[#ARGV] = nil
end

