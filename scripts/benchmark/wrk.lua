-- Sends the requests of a file, over and over: each is its length in bytes on a line of its own, then its bytes.
-- FIRST is where it begins, so that not each run sends the same ones.
-- usage: wrk … -s wrk.lua URL -- FILE FIRST

local requests, next_one = {}, 0

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    while true do
        local length = file:read("*n")
        if length == nil then break end
        file:read(1)
        requests[#requests + 1] = file:read(length)
    end
    file:close()
    next_one = tonumber(arguments[2]) % #requests
end

function request()
    next_one = next_one % #requests + 1
    return requests[next_one]
end

function done(summary, latency)
    io.write(string.format(
        'RESULT {"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
        summary.requests, summary.duration / 1e6, summary.errors.status,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
