-- lua5.4 examples/luasocket/mirror.lua ftp://[<user>:<password>@]<host>[:<port>]/<folder> <local folder>
--
-- Gets all files of a folder of an FTP server, and of the folders in it, over one connection. A file has its name when it is whole. Its port is
-- mirror.ts, line for line.
local ftp = require("socket.ftp")
local ltn12 = require("ltn12")
local socket = require("socket")
local url = require("socket.url")

-- of each line that the server says of a folder: "d" for a folder, "-" for a file; and its name
local LINE = "^([d-])%S+ +%d+ +%S+ +%S+ +%d+ +%S+ +%S+ +%S+ (.+)$"

local function list(f, folder)
  local pieces = {}
  f:epsv()
  f:receive({ command = "list", argument = folder, sink = ltn12.sink.table(pieces) })
  local entries = {}
  for line in table.concat(pieces):gmatch("[^\r\n]+") do
    local kind, name = line:match(LINE)
    -- a name that leads elsewhere is not taken
    if name and name ~= "." and name ~= ".." and not name:find("/") then
      entries[#entries + 1] = { kind = kind, name = name }
    end
  end
  return entries
end

-- Lua has no function for it
local function mkdir(folder)
  os.execute("mkdir -p '" .. folder:gsub("'", "'\\''") .. "'")
end

local function get(f, from, to)
  local size = 0
  local function count(piece)
    size = size + #(piece or "")
    return piece
  end
  local part = to .. ".part"
  f:epsv()
  f:receive({ argument = from, sink = ltn12.sink.chain(count, ltn12.sink.file(f.try(io.open(part, "wb")))) })
  f.try(os.rename(part, to))
  print(string.format("%s: %d bytes", from, size))
  return size
end

local function mirror(f, from, to)
  local files, bytes = 0, 0
  mkdir(to)
  for _, entry in ipairs(list(f, from)) do
    local there, here = from .. "/" .. entry.name, to .. "/" .. entry.name
    if entry.kind == "d" then
      local more, their = mirror(f, there, here)
      files, bytes = files + more, bytes + their
    else
      files, bytes = files + 1, bytes + get(f, there, here)
    end
  end
  return files, bytes
end

local main = socket.protect(function(address, folder)
  local at = ftp.genericform(address)
  local f = ftp.open(at.host, at.port)
  f:greet()
  f:login(at.user, at.password)
  f:type("i")
  local from = url.unescape(at.path):gsub("^/", ""):gsub("/$", "")
  local files, bytes = mirror(f, from, folder)
  f:quit()
  f:close()
  print(string.format("%d files, %d bytes", files, bytes))
  return 1
end)

if #arg ~= 2 then
  io.stderr:write("usage: mirror ftp://[<user>:<password>@]<host>[:<port>]/<folder> <local folder>\n")
  os.exit(2)
end
local ok, err = main(arg[1], arg[2])
if not ok then
  io.stderr:write("mirror: ", err, "\n")
  os.exit(1)
end
