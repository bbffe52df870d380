-- lua5.4 examples/copas/fetch.lua <most at a time> <seconds for each> <url> ...
--
-- Fetches web pages, a few at a time: workers that share a queue. Its port is fetch.ts, line for line.
local socket = require("socket")
local copas = require("copas")

local limit = tonumber(arg[1])
local patience = tonumber(arg[2])
local results = {}

local function get(url)
  local host, port, path = url:match("^http://([^/:]+):?(%d*)(/?.*)$")
  if not host then
    return nil, "not a url"
  end
  local skt = copas.wrap(socket.tcp())
  skt:settimeout(patience)
  local ok, err = skt:connect(host, tonumber(port) or 80)
  if not ok then
    return nil, err
  end
  skt:send("GET " .. (path == "" and "/" or path) .. " HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n")
  local whole, failure, partial = skt:receive("*a")
  skt:close()
  if failure and failure ~= "closed" then
    return nil, failure
  end
  -- LuaSocket says "closed" when the end has come later than all the rest.
  local answer = whole or partial
  local status, body = answer:match("^HTTP/1%.%d (%d+)[^\n]*\n.-\r\n\r\n(.*)$")
  if not status then
    return nil, "not http"
  end
  return tonumber(status), #body
end

copas.loop(function()
  local queue = copas.queue.new()
  for _ = 1, limit do
    queue:add_worker(function(job)
      local status, rest = get(job.url)
      if status then
        results[job.number] = status .. ", " .. rest .. " bytes"
      else
        results[job.number] = "failed: " .. rest
      end
    end)
  end
  for i = 3, #arg do
    queue:push({ number = i - 2, url = arg[i] })
  end
  queue:finish(60)
  for i = 3, #arg do
    print(arg[i]:gsub("^http://[^/]+", "") .. " " .. results[i - 2])
  end
end)
