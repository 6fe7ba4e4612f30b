-- In front of a script that changes something: it does not begin when the module
-- no longer waits for it, and has told a client so. It would come behind what was
-- acknowledged meanwhile.
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

