-- Unix sockets both ways, for test/peers.test.ts: lua5.4 unix.lua server | client <path>
local unix = require("socket.unix")
io.stdout:setvbuf("line")
if arg[1] == "server" then
  local server = assert(unix.stream())
  assert(server:bind(arg[2]))
  assert(server:listen())
  print("listening")
  local client = assert(server:accept())
  print((client:receive()))
  assert(client:send("from lua\n"))
  client:close()
else
  local client = assert(unix.stream())
  assert(client:connect(arg[2]))
  assert(client:send("to us\n"))
  print((client:receive()))
end
