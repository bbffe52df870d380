-- Reads the options of a socket of ours, through the descriptor it inherits: lua5.4 options.lua tcp4|udp4|udp6 <option>...
local socket = require("socket")
local object = socket[arg[1]]()
object:close()
object:setfd(3)
for i = 2, #arg do
  local value = object:getoption(arg[i])
  if type(value) == "table" then value = tostring(value.on) end
  print(arg[i] .. " " .. tostring(value))
end
