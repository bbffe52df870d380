-- Copas itself, for the benchmark: lua copas.lua echo | idle | pause <n> | lock <n> | queue <n>
-- A server says "port <n>"; the others say "us <n>": microseconds of the processor for each.
local socket = require("socket")
local copas = require("copas")
io.stdout:setvbuf("line")

local works = {}

local function echo(collecting)
  local server = assert(socket.bind("127.0.0.1", 0, 1024))
  print("port " .. select(2, server:getsockname()))
  copas.addserver(server, function(skt)
    skt:setoption("tcp-nodelay", true)
    skt = copas.wrap(skt)
    while true do
      local line = skt:receive("*l")
      if not line then return end
      skt:send(line .. "\n")
    end
  end)
  -- Its memory is going to be looked at.
  if collecting then
    copas.addthread(function()
      while true do
        copas.sleep(0.1)
        collectgarbage()
      end
    end)
  end
  copas.loop()
end

function works.echo() echo(false) end
function works.idle() echo(true) end

-- Run what `begin` adds, and tell what each of n things took, after five rounds that are not counted.
local function timed(n, begin)
  local start
  for _ = 1, 6 do
    collectgarbage()
    start = os.clock()
    begin()
    copas.loop()
  end
  print("us " .. (os.clock() - start) / n * 1e6)
end

function works.pause(n)
  timed(n, function()
    for i = 1, n do
      copas.addthread(function() copas.pause(i % 100 / 1000) end)
    end
  end)
end

function works.lock(n)
  timed(n, function()
    local lock = copas.lock.new(60)
    for _ = 1, 10 do
      copas.addthread(function()
        for _ = 1, n / 10 do
          assert(lock:get())
          -- So that the others have queued up, and each release hands it over.
          copas.pause(0)
          lock:release()
        end
      end)
    end
  end)
end

function works.queue(n)
  timed(n, function()
    local queue = copas.queue.new()
    local count = 0
    for _ = 1, 4 do
      queue:add_worker(function() count = count + 1 end)
    end
    copas.addthread(function()
      for i = 1, n do
        queue:push(i)
        if i % 100 == 0 then copas.pause(0) end
      end
      assert(queue:finish(60))
      assert(count == n)
    end)
  end)
end

works[arg[1]](tonumber(arg[2]))
