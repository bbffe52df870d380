-- What LuaSocket answers, for test/luasocket.test.ts: lua5.4 answers.lua < scripts
-- A line is a script: a world, and steps, each after a ";": who (a number), a method, its arguments. The worlds: "stream" and an address (two
-- ends of a connection), "datagram" and an address (two bound objects), or the functions of `socket` that make the objects: "tcp4 tcp udp6".
-- What is accepted becomes the next object. An argument is "s" and hexadecimal digits, "n" and a number, "T", "F", "-" (nil), "L1:5" (on and
-- timeout of linger), "port2" (the port of the second object). A line is printed for each script, with the answers.
local socket = require("socket")

local PAUSE, PATIENCE, NOBODY = 0.002, 0.005, 9

local function decoded(text, ports)
  local kind, rest = text:sub(1, 1), text:sub(2)
  if kind == "n" then return tonumber(rest) end
  if kind == "p" then return ports[tonumber(text:sub(5))] or NOBODY end
  if kind == "T" or kind == "F" then return kind == "T" end
  if kind == "-" then return nil end
  if kind == "L" then return { on = rest:sub(1, 1) == "1", timeout = tonumber(rest:sub(3)) } end
  return (rest:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function encoded(value, ports)
  local kind = type(value)
  for i = 1, 9 do
    if ports[i] and ports[i] == tonumber(value) then return "port" .. i end
  end
  if kind == "number" then return value % 1 == 0 and string.format("n%d", value) or string.format("n%.3f", value) end
  if kind == "table" then return string.format("L%d:%d", value.on and 1 or 0, value.timeout) end
  if kind == "userdata" then return "object" end
  if kind ~= "string" then return tostring(value) end
  return "s" .. value:lower():gsub(".", function(char) return string.format("%02x", char:byte()) end)
end

local worlds = {
  stream = function(address)
    local server = assert(socket.bind(address, 0))
    local _, port = server:getsockname()
    local client = assert(socket.connect(address, port))
    local ends = { client, (assert(server:accept())) }
    server:close()
    for _, object in ipairs(ends) do object:setoption("tcp-nodelay", true) end
    return ends
  end,
  datagram = function(address)
    local ends = {}
    for i = 1, 3 do
      -- A port that the kernel has chosen is taken away again by setpeername("*").
      local port = 0
      for round = 1, 2 do
        if round == 2 then ends[i]:close() end
        ends[i] = assert(socket[address:find(":") and "udp6" or "udp4"]())
        assert(ends[i]:setsockname(address, port))
        port = tonumber((select(2, ends[i]:getsockname())))
      end
    end
    return ends
  end,
}

local function world(words)
  if worlds[words[1]] then return worlds[words[1]](words[2]) end
  local objects = {}
  for i, kind in ipairs(words) do objects[i] = assert(socket[kind]()) end
  return objects
end

local function indexes(chosen, objects)
  local found = {}
  for i, object in ipairs(objects) do
    for _, other in ipairs(chosen) do
      if other == object then found[#found + 1] = i end
    end
  end
  return table.concat(found, ",")
end

local function answer(objects, who, method, args)
  local object = objects[who]
  if method == "select" then
    local readable, writable, err = socket.select(objects, objects, 0)
    return table.pack(true, "r" .. indexes(readable, objects), "w" .. indexes(writable, objects), err)
  end
  if method == "toip" then
    local address, err = socket.dns.toip(args[1])
    return table.pack(true, address, type(err) == "string" and err or nil)
  end
  local result = table.pack(pcall(object[method], object, table.unpack(args, 1, args.n)))
  if not result[1] then return result end
  if method == "settimeout" then
    local block, total = object:gettimeout()
    -- Nobody is to wait for ever.
    if block < 0 and total < 0 then object:settimeout(PATIENCE) end
    return table.pack(true, result[2], block, total)
  end
  -- What has come is known to LuaSocket once it has looked.
  if method == "getstats" then result[2], result[4] = "received", "age" end
  if method == "dirty" then result[2] = type(result[2]) end
  -- 3.0 tells a port as a string.
  if method:match("^get.+name$") and result[2] then result[3] = tonumber(result[3]) end
  if method == "getfd" then result[2] = result[2] >= 0 and "fd" or "none" end
  if method == "accept" and result[2] then
    objects[#objects + 1] = result[2]
    result[2]:settimeout(PATIENCE)
  end
  return result
end

local function words(text)
  local list = {}
  for word in text:gmatch("[^ ]+") do list[#list + 1] = word end
  return list
end

local function play(script)
  local steps = script:gmatch("[^;]+")
  local objects, ports, answers = world(words(steps())), {}, {}
  local function learn()
    for i, object in ipairs(objects) do
      local fine, _, port = pcall(object.getsockname, object)
      if fine and tonumber(port) and tonumber(port) > 0 then ports[i] = tonumber(port) end
    end
  end
  learn()
  for _, object in ipairs(objects) do object:settimeout(PATIENCE) end
  for step in steps do
    socket.sleep(PAUSE)
    local list = words(step)
    local who, method = tonumber(list[1]), list[2]
    local told = "nobody"
    if objects[who] then
      local args = { n = #list - 2 }
      for i = 3, #list do args[i - 2] = decoded(list[i], ports) end
      local result = answer(objects, who, method, args)
      learn()
      local values = {}
      for i = 2, result.n do values[#values + 1] = encoded(result[i], ports) end
      while #values > 1 and values[#values] == "nil" do values[#values] = nil end
      told = result[1] and table.concat(values, " ") or "threw"
    end
    answers[#answers + 1] = step .. " = " .. told
  end
  for _, object in ipairs(objects) do object:close() end
  return table.concat(answers, ";")
end

for script in io.lines() do print(play(script)) end
