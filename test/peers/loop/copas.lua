-- A plain LuaSocket loop under the names of Copas 4, as far as the programs of examples/copas use them. Debian's lua-copas is of 2010:
-- it has no timeouts, pauses or queues. Where Copas 4 is installed the tests run the programs on that, not on this.
local socket = require("socket")

local copas = { _VERSION = "loop", running = false }
local servers, reading, writing, sleeping, ready = {}, {}, {}, {}, {}
local deadlines = {} -- coroutine -> when it is resumed with "timeout"
local unpack = table.unpack or unpack

local function resume(co, ...)
  deadlines[co] = nil
  local ok, err = coroutine.resume(co, ...)
  if not ok then print(debug.traceback(co, tostring(err))) end
  if coroutine.status(co) == "dead" and copas.closing[co] then copas.closing[co]:close() end
end
copas.closing = setmetatable({}, { __mode = "k" })

-- Wait in `set` for the socket; true, or nil when the time is over.
local function wait(set, skt, seconds)
  local co = coroutine.running()
  set[skt] = set[skt] or {}
  table.insert(set[skt], co)
  if seconds then deadlines[co] = socket.gettime() + seconds end
  local why = coroutine.yield()
  for i, other in ipairs(set[skt] or {}) do
    if other == co then table.remove(set[skt], i) end
  end
  if set[skt] and #set[skt] == 0 then set[skt] = nil end
  return why ~= "timeout"
end

local wrapped = {}
wrapped.__index = wrapped

function copas.wrap(skt)
  if getmetatable(skt) == wrapped then return skt end
  skt:settimeout(0)
  return setmetatable({ socket = skt }, wrapped)
end

function wrapped:settimeout(seconds) self.timeout = seconds and seconds >= 0 and seconds or nil return true end
function wrapped:getsockname() return self.socket:getsockname() end
function wrapped:getpeername() return self.socket:getpeername() end

function wrapped:close()
  for _, set in ipairs({ reading, writing }) do
    for _, co in ipairs(set[self.socket] or {}) do table.insert(ready, { co }) end
    set[self.socket] = nil
  end
  return self.socket:close()
end

function wrapped:receive(pattern, prefix)
  while true do
    local data, err, partial = self.socket:receive(pattern, prefix)
    if data or err ~= "timeout" then return data, err, partial end
    prefix = partial
    if not wait(reading, self.socket, self.timeout) then return nil, "timeout", partial end
  end
end

function wrapped:send(data)
  local sent = 0
  while true do
    local done, err, last = self.socket:send(data, sent + 1)
    if done or err ~= "timeout" then return done, err, last end
    sent = last
    if not wait(writing, self.socket, self.timeout) then return nil, "timeout", last end
  end
end

function wrapped:connect(host, port)
  local ok, err = self.socket:connect(host, port)
  if ok or err ~= "timeout" then return ok, err end
  if not wait(writing, self.socket, self.timeout) then return nil, "timeout" end
  ok, err = self.socket:connect(host, port)
  if ok or err == "already connected" then return 1 end
  return nil, err
end

function copas.addthread(fn, ...)
  local co = coroutine.create(fn)
  table.insert(ready, { co, ... })
  return co
end
copas.addnamedthread = function(_, ...) return copas.addthread(...) end

function copas.addserver(server, handler, timeout)
  server:settimeout(0)
  servers[server] = { handler = handler, timeout = timeout }
end

function copas.removeserver(server)
  servers[server] = nil
  return server:close()
end

function copas.pause(seconds)
  local co = coroutine.running()
  local start = socket.gettime()
  sleeping[co] = true
  deadlines[co] = start + math.max(seconds or 0, 0)
  coroutine.yield()
  sleeping[co] = nil
  return socket.gettime() - start
end

function copas.pauseforever()
  local co = coroutine.running()
  sleeping[co] = true
  coroutine.yield()
end

function copas.wakeup(co)
  if sleeping[co] then
    sleeping[co] = nil
    deadlines[co] = nil
    table.insert(ready, { co })
  end
end
copas.gettime = socket.gettime

-- Items for workers; `pop` waits.
copas.queue = {}
local queue = {}
queue.__index = queue
function copas.queue.new() return setmetatable({ items = {}, waiting = {}, workers = 0 }, queue) end
function queue:push(item)
  table.insert(self.items, { item })
  if self.waiting[1] then copas.wakeup(table.remove(self.waiting, 1)) end
  return true
end
function queue:pop()
  while not self.items[1] do
    if self.stopping then return nil, "destroyed" end
    table.insert(self.waiting, (coroutine.running()))
    copas.pauseforever()
  end
  return table.remove(self.items, 1)[1]
end
function queue:stop()
  self.stopping = true
  for _, co in ipairs(self.waiting) do copas.wakeup(co) end
  self.waiting = {}
  return true
end
function queue:add_worker(fn)
  self.workers = self.workers + 1
  return copas.addthread(function()
    while true do
      local item, err = self:pop()
      if err then break end
      fn(item)
    end
    self.workers = self.workers - 1
    if self.workers == 0 and self.finishing then copas.wakeup(self.finishing) end
  end)
end
function queue:finish()
  self:stop()
  self.finishing = coroutine.running()
  if self.workers > 0 then copas.pauseforever() end
  return true
end

local function keys(set, more)
  local list = {}
  for skt in pairs(set) do list[#list + 1] = skt end
  for skt in pairs(more or {}) do list[#list + 1] = skt end
  return list
end

local function accept(server, service)
  local client = server:accept()
  if not client then return end
  client:settimeout(0)
  local co = copas.addthread(service.handler, client)
  copas.closing[co] = client
end

function copas.loop(initializer)
  if initializer then copas.addthread(initializer) end
  copas.running = true
  while true do
    local now, first = socket.gettime(), math.huge
    for co, at in pairs(deadlines) do
      if at <= now then
        deadlines[co] = nil
        table.insert(ready, { co, "timeout" })
      else
        first = math.min(first, at - now)
      end
    end
    local batch = ready
    ready = {}
    for _, entry in ipairs(batch) do resume(unpack(entry)) end
    local idle = #ready == 0 and #batch == 0
    if idle and next(servers) == nil and next(reading) == nil and next(writing) == nil and next(deadlines) == nil then
      break
    end
    local r, w = socket.select(keys(reading, servers), keys(writing), idle and (first < math.huge and first or nil) or 0)
    for _, skt in ipairs(r) do
      if servers[skt] then accept(skt, servers[skt])
      elseif reading[skt] then resume(reading[skt][1]) end
    end
    for _, skt in ipairs(w) do
      if writing[skt] then resume(writing[skt][1]) end
    end
  end
  copas.running = false
end

return copas
