-- GET of random users, whose ids are in the file BENCH_DATA, or of BENCH_PATH.
-- Prints what bench/load would print.

local path = os.getenv("BENCH_PATH")
local data = os.getenv("BENCH_DATA")
local requests = {}

function init(args)
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")

    if path then
        requests[1] = wrk.format("GET", path)
        return
    end

    for line in io.lines(data) do
        local id = line:match("^[^\t]+")
        requests[#requests + 1] = wrk.format("GET", "/scim/v2/Users/" .. id)
    end
end


function request()
    return requests[math.random(#requests)]
end


function done(summary, latency, n)
    local errors = summary.errors

    io.write(string.format('{"requests":%d,"answers":%d,"seconds":%f,'
        .. '"errors":%d,"bytes":%d,"p50":%d,"p99":%d,"max":%d}\n',
        summary.requests, summary.requests, summary.duration / 1e6,
        errors.status + errors.connect + errors.read + errors.write
        + errors.timeout, summary.bytes, latency:percentile(50),
        latency:percentile(99), latency.max))
end
