-- A LuaSocket client for test/peers.test.ts: lua5.4 client.lua <port>
-- Talks to a server of ours in every pattern and prints what it sees, a line for each.
local socket = require("socket")
local client = assert(socket.connect("127.0.0.1", tonumber(arg[1])))
client:settimeout(5)

local show = dofile(arg[0]:gsub("[^/]*$", "") .. "show.lua")

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
