-- Every public name of LuaSocket, LTN12 and LuaSec, for test/porting.test.ts: a line "of what: name name ..."
local function tell(what, list)
  local names = {}
  for name in pairs(list) do names[#names + 1] = tostring(name) end
  table.sort(names)
  print(what .. ": " .. table.concat(names, " "))
end

local function methods(object) return getmetatable(object).__index end

local socket, unix, ltn12 = require("socket"), require("socket.unix"), require("ltn12")
tell("socket", socket)
tell("dns", socket.dns)
tell("tcp", methods(socket.tcp()))
tell("udp", methods(socket.udp()))
tell("unix", methods(unix.stream()))
tell("kinds", { stream = 1, dgram = 1, tcp = 1, udp = 1 })
tell("ltn12", ltn12)
tell("pump", ltn12.pump)
tell("source", ltn12.source)
tell("sink", ltn12.sink)
tell("filter", ltn12.filter)
tell("mime", require("mime"))
tell("url", require("socket.url"))
local found, ssl = pcall(require, "ssl")
if found then
  local server = assert(socket.bind("127.0.0.1", 0))
  local ip, port = server:getsockname()
  local client = assert(socket.connect(ip, port))
  tell("ssl", ssl)
  tell("tls", methods(assert(ssl.wrap(client, { mode = "client", protocol = "any" }))))
end
