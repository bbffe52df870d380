-- lua5.4 examples/copas/chat.lua [port] [idle seconds]
--
-- A chat with names, and without those who say nothing for too long. Its port is chat.ts, line for line.
local socket = require("socket")
local copas = require("copas")

local port = tonumber(arg[1] or 7780)
local idle = tonumber(arg[2] or 300)
local clients = {}

local function broadcast(text, except)
  for name, skt in pairs(clients) do
    if name ~= except then
      skt:send(text .. "\n")
    end
  end
end

local function who()
  local names = {}
  for name in pairs(clients) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, " ")
end

local function login(skt)
  skt:send("name?\n")
  while true do
    local name, err = skt:receive("*l")
    if not name then
      return nil, err
    end
    if not name:match("^%w+$") then
      skt:send("letters and digits, please\n")
    elseif clients[name] then
      skt:send("taken\n")
    else
      return name
    end
  end
end

local function talk(skt, name)
  while true do
    local line, err = skt:receive("*l")
    if not line then
      return err
    end
    if line == "/who" then
      skt:send(who() .. "\n")
    elseif line == "/quit" then
      skt:send("bye\n")
      return "closed"
    elseif line:sub(1, 1) == "/" then
      skt:send("/who and /quit are all there is\n")
    elseif line ~= "" then
      broadcast(name .. ": " .. line, name)
    end
  end
end

local function handler(skt)
  skt = copas.wrap(skt)
  skt:settimeout(idle)
  local name, err = login(skt)
  if not name then
    return
  end
  clients[name] = skt
  skt:send("welcome, " .. name .. "\n")
  broadcast("* " .. name .. " has come", name)
  err = talk(skt, name)
  clients[name] = nil
  if err == "timeout" then
    skt:send("* you have said nothing for too long\n")
    broadcast("* " .. name .. " was idle")
  else
    broadcast("* " .. name .. " has left")
  end
end

local server = assert(socket.bind("127.0.0.1", port))
print("port " .. select(2, server:getsockname()))
io.stdout:flush()
copas.addserver(server, handler)
copas.loop()
