-- lua5.4 examples/copas/files.lua [folder] [port] [seconds to the next request]
--
-- Files over HTTP/1.1, with keep-alive. Its port is files.ts, line for line.
local socket = require("socket")
local copas = require("copas")

local folder = arg[1] or "."
local port = tonumber(arg[2] or 7781)
local patience = tonumber(arg[3] or 5)

local TYPES = { html = "text/html", txt = "text/plain", css = "text/css", js = "text/javascript", png = "image/png" }
local REASONS = { [200] = "OK", [400] = "Bad Request", [404] = "Not Found", [405] = "Method Not Allowed" }

local function decode(path)
  return (path:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- The request line and the headers, by their names in lower case.
local function readrequest(skt)
  local line, err = skt:receive("*l")
  if not line then
    return nil, err
  end
  local request = { headers = {} }
  request.method, request.path, request.version = line:match("^(%u+) (%S+) HTTP/(1%.[01])$")
  while true do
    line, err = skt:receive("*l")
    if not line then
      return nil, err
    end
    if line == "" then
      return request
    end
    local name, value = line:match("^([^:%s]+):%s*(.-)%s*$")
    if name then
      request.headers[name:lower()] = value:lower()
    end
  end
end

local function readfile(path)
  if path:find("..", 1, true) or path:find("\0", 1, true) then
    return nil
  end
  if path:sub(-1) == "/" then
    path = path .. "index.html"
  end
  local file = io.open(folder .. path, "rb")
  if not file then
    return nil
  end
  local content = file:read("*a")
  file:close()
  return content, TYPES[path:match("%.(%w+)$") or ""] or "application/octet-stream"
end

local function respond(skt, status, body, kind, keep, head)
  skt:send("HTTP/1.1 " .. status .. " " .. REASONS[status] .. "\r\n")
  skt:send("Content-Type: " .. kind .. "\r\n")
  skt:send("Content-Length: " .. #body .. "\r\n")
  skt:send("Connection: " .. (keep and "keep-alive" or "close") .. "\r\n\r\n")
  if not head then
    skt:send(body)
  end
end

local function handler(skt)
  skt = copas.wrap(skt)
  skt:settimeout(patience)
  while true do
    local request, err = readrequest(skt)
    if err then
      return
    end
    if not request.method then
      respond(skt, 400, "bad request\n", "text/plain", false)
      return
    end
    local connection = request.headers["connection"]
    local keep = connection ~= "close" and (request.version == "1.1" or connection == "keep-alive")
    local head = request.method == "HEAD"
    if request.method ~= "GET" and not head then
      respond(skt, 405, "only GET and HEAD\n", "text/plain", false)
      return
    end
    local content, kind = readfile(decode(request.path:gsub("%?.*", "")))
    if content then
      respond(skt, 200, content, kind, keep, head)
    else
      respond(skt, 404, "not found\n", "text/plain", keep, head)
    end
    if not keep then
      return
    end
  end
end

local server = assert(socket.bind("127.0.0.1", port))
print("port " .. select(2, server:getsockname()))
io.stdout:flush()
copas.addserver(server, handler)
copas.loop()
