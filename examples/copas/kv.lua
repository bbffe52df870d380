-- lua5.4 examples/copas/kv.lua [port]
--
-- A key-value server with a line protocol, on Copas. Its port is kv.ts, line for line.
local socket = require("socket")
local copas = require("copas")

local store = {}

local function handler(skt)
  skt = copas.wrap(skt)
  while true do
    local line, err = skt:receive("*l")
    if err then return end
    local command, key, value = line:match("^(%u+)%s*(%S*)%s*(.*)$")
    if command == "SET" then
      store[key] = value
      skt:send("OK\n")
    elseif command == "GET" then
      skt:send((store[key] or "NIL") .. "\n")
    elseif command == "DEL" then
      skt:send((store[key] and "1" or "0") .. "\n")
      store[key] = nil
    elseif command == "QUIT" then
      skt:send("BYE\n")
      return
    else
      skt:send("ERR unknown command\n")
    end
  end
end

local server = assert(socket.bind("127.0.0.1", tonumber(arg[1] or 7781)))
print("port " .. select(2, server:getsockname()))
io.stdout:flush()
copas.addserver(server, handler)
copas.loop()
