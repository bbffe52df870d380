-- A LuaSocket server for test/peers.test.ts: lua5.4 server.lua
-- Serves one client of ours, in every pattern, and prints what it sees, a line for each.
local socket = require("socket")
local server = assert(socket.bind("127.0.0.1", 0))
io.stdout:setvbuf("line")
print("port " .. select(2, server:getsockname()))
local client = assert(server:accept())
client:settimeout(5)

local show = dofile(arg[0]:gsub("[^/]*$", "") .. "show.lua")

show(client:receive("*l"))
show(client:receive(6))
show(client:receive(2, "x"))
assert(client:send("line\r\nmore\n"))
assert(client:send("\0\255bytes"))
assert(client:send("rest"))
client:shutdown("send")
show(client:receive("*a"))
client:close()
print("end")
