-- What LuaSocket answers, for test/luasocket.test.ts: lua5.4 answers.lua < scripts
-- A line is a script: "stream" or "datagram", and steps, each after a ";": who ("1" or "2"), a method, its arguments.
-- Strings are in hexadecimal, after "s"; numbers after "n". A line is printed for each script, with the answers.
local socket = require("socket")

local PAUSE, PATIENCE = 0.002, 0.005

local function decoded(text)
  local kind, rest = text:sub(1, 1), text:sub(2)
  if kind == "n" then return tonumber(rest) end
  return (rest:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function encoded(value, ports)
  if ports[tostring(value)] then return ports[tostring(value)] end
  if type(value) == "number" then return string.format("n%d", value) end
  if type(value) ~= "string" then return tostring(value) end
  return "s" .. value:lower():gsub(".", function(char) return string.format("%02x", char:byte()) end)
end

local function streams()
  local server = assert(socket.bind("127.0.0.1", 0))
  local _, port = server:getsockname()
  local client = assert(socket.connect("127.0.0.1", port))
  local ends = { client, (assert(server:accept())) }
  server:close()
  for _, object in ipairs(ends) do object:setoption("tcp-nodelay", true) end
  local _, own = client:getsockname()
  return ends, { port, own }
end

local function datagrams()
  local ends, ports = {}, {}
  for i = 1, 3 do
    ends[i] = assert(socket.udp4())
    assert(ends[i]:setsockname("127.0.0.1", 0))
    ports[i] = select(2, ends[i]:getsockname())
  end
  table.remove(ends):close()
  return ends, ports
end

local function answer(object, method, args)
  if method ~= "select" then return table.pack(pcall(object[method], object, table.unpack(args))) end
  local readable, writable, err = socket.select({ object }, { object }, 0)
  return table.pack(true, #readable, #writable, err)
end

local function play(script)
  local steps = script:gmatch("[^;]+")
  local ends, ports = (steps() == "stream" and streams or datagrams)()
  local named, answers = {}, {}
  for i, port in ipairs(ports) do named[tostring(math.floor(tonumber(port)))] = "port" .. i end
  for _, object in ipairs(ends) do object:settimeout(PATIENCE) end
  for step in steps do
    socket.sleep(PAUSE)
    local words = {}
    for word in step:gmatch("[^ ]+") do words[#words + 1] = word end
    local args = {}
    for i = 3, #words do
      local port = words[i]:match("^port(%d)$")
      args[#args + 1] = port and ports[tonumber(port)] or decoded(words[i])
    end
    local result = answer(ends[tonumber(words[1])], words[2], args)
    local values = {}
    for i = 2, result.n do values[#values + 1] = encoded(result[i], named) end
    while #values > 1 and values[#values] == "nil" do values[#values] = nil end
    answers[#answers + 1] = step .. " = " .. (result[1] and table.concat(values, " ") or "threw")
  end
  for _, object in ipairs(ends) do object:close() end
  return table.concat(answers, ";")
end

for script in io.lines() do print(play(script)) end
