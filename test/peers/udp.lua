-- UDP both ways, for test/peers.test.ts: lua5.4 udp.lua server | client <port>
local socket = require("socket")
io.stdout:setvbuf("line")
local udp = assert(socket.udp4())
udp:settimeout(5)
if arg[1] == "server" then
  assert(udp:setsockname("127.0.0.1", 0))
  print("port " .. select(2, udp:getsockname()))
  local datagram, ip, port = udp:receivefrom()
  print(datagram, ip)
  assert(udp:sendto(datagram:upper(), ip, port))
  print(#udp:receive())
else
  assert(udp:setpeername("127.0.0.1", tonumber(arg[2])))
  assert(udp:send("what time is it?"))
  print((udp:receive()))
  print(udp:receive() == "" and "empty")
end
