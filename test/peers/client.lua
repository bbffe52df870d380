-- A LuaSocket client for test/peers.test.ts: lua5.4 client.lua <port>
-- Talks to a server of ours in every pattern and prints what it sees, a line for each.
local socket = require("socket")
local client = assert(socket.connect("127.0.0.1", tonumber(arg[1])))
client:settimeout(5)

local function show(...)
  local values = table.pack(...)
  -- LuaSocket pads a success with nils.
  while values.n > 1 and values[values.n] == nil do values.n = values.n - 1 end
  for i = 1, values.n do values[i] = values[i] == nil and "nil" or string.format("%q", values[i]) end
  print(table.concat(values, " ", 1, values.n))
end

show(client:receive("*l"))
show(client:receive())
show(client:receive(5))
show(client:receive(3, "ab"))
show(client:receive("*l", "prefix "))
assert(client:send("one\r\ntwo\n"))
assert(client:send("..bytes..", 3, -3))
assert(client:send("to the end"))
client:shutdown("send")
show(client:receive("*a"))
show(client:receive("*a"))
client:close()
