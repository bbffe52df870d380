-- LuaSec both ways, for test/peers.test.ts: lua5.4 tls.lua server | client <port>, certificates by the environment
local socket, ssl = require("socket"), require("ssl")
io.stdout:setvbuf("line")
local role, port = arg[1], tonumber(arg[2])
local connection
if role == "server" then
  local server = assert(socket.bind("127.0.0.1", 0))
  print("port " .. select(2, server:getsockname()))
  connection = assert(server:accept())
else
  connection = assert(socket.connect("127.0.0.1", port))
end
connection:settimeout(5)
connection = assert(ssl.wrap(connection, {
  mode = role, protocol = "any", verify = role == "client" and "peer" or "none",
  cafile = os.getenv("CAFILE"), key = os.getenv("KEY"), certificate = os.getenv("CERTIFICATE"),
}))
if role == "client" then connection:sni("localhost") end
assert(connection:dohandshake())
assert(connection:send("from lua\n"))
print((connection:receive()))
print(connection:info("protocol"))
connection:close()
