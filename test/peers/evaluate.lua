-- Performs what it is asked for: a piece of Lua a line, in hexadecimal; and prints what that returns, a line each time.
local function hex(text)
  return (text:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local function shown(value)
  if type(value) == "string" then return "s" .. hex(value) end
  if type(value) == "number" then return "n" .. string.format("%d", value) end
  return tostring(value)
end

for line in io.lines() do
  local text = line:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  local values = table.pack(pcall(assert(load(text))))
  local told = {}
  for i = 2, values.n do told[#told + 1] = shown(values[i]) end
  io.write(values[1] and "" or "threw ", table.concat(told, " "), "\n")
  io.flush()
end
