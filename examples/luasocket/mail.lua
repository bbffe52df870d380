-- lua5.4 examples/luasocket/mail.lua <server>[:<port>] <from> <to>[,<to> ...] <subject> [<file> ...]
--
-- Sends a mail: its text is read from stdin, and the files are attached to it. Nothing is read before it is sent, however large it is. Its port is
-- mail.ts, line for line.
local ltn12 = require("ltn12")
local mime = require("mime")
local smtp = require("socket.smtp")

-- text, in lines of any system's, as quoted-printable
local function text(file)
  return {
    headers = {
      ["content-type"] = "text/plain; charset=utf-8",
      ["content-transfer-encoding"] = "quoted-printable",
    },
    body = ltn12.source.chain(
      ltn12.source.file(file),
      ltn12.filter.chain(mime.normalize(), mime.encode("quoted-printable"), mime.wrap("quoted-printable"))
    ),
  }
end

-- any bytes, as base64
local function attachment(path)
  local name = path:match("[^/]*$"):gsub('["\\\r\n]', "_")
  return {
    headers = {
      ["content-type"] = "application/octet-stream",
      ["content-disposition"] = 'attachment; filename="' .. name .. '"',
      ["content-transfer-encoding"] = "base64",
    },
    body = ltn12.source.chain(
      ltn12.source.file(io.open(path, "rb")),
      ltn12.filter.chain(mime.encode("base64"), mime.wrap("base64"))
    ),
  }
end

local function send(at, from, to, subject, files)
  local server, port = at:match("^([^:]+):?(%d*)$")
  local rcpt = {}
  for address in to:gmatch("[^,]+") do
    rcpt[#rcpt + 1] = "<" .. address .. ">"
  end
  local parts = { text(io.stdin) }
  for _, path in ipairs(files) do
    parts[#parts + 1] = attachment(path)
  end
  local ok, err = smtp.send({
    server = server,
    port = tonumber(port),
    from = "<" .. from .. ">",
    rcpt = rcpt,
    source = smtp.message({
      headers = { from = from, to = to, subject = subject },
      body = parts,
    }),
  })
  if not ok then
    io.stderr:write("mail: ", err, "\n")
    os.exit(1)
  end
  print("sent to " .. #rcpt)
end

if #arg < 4 then
  io.stderr:write("usage: mail <server>[:<port>] <from> <to>[,<to> ...] <subject> [<file> ...]\n")
  os.exit(2)
end
send(arg[1], arg[2], arg[3], arg[4], { table.unpack(arg, 5) })
