-- lua5.4 examples/luasocket/recode.lua <encoding> [<file> ...]
--
-- Writes what it reads, in another encoding: b64, qp, unb64, unqp, crlf or lf. Of the files, one after the other, or of stdin. Its port is
-- recode.ts, line for line.
local ltn12 = require("ltn12")
local mime = require("mime")

local filters = {
  b64 = function()
    return ltn12.filter.chain(mime.encode("base64"), mime.wrap("base64"))
  end,
  unb64 = function()
    return mime.decode("base64")
  end,
  qp = function()
    return ltn12.filter.chain(mime.normalize(), mime.encode("quoted-printable"), mime.wrap("quoted-printable"))
  end,
  unqp = function()
    return mime.decode("quoted-printable")
  end,
  crlf = function()
    return mime.normalize("\r\n")
  end,
  lf = function()
    return mime.normalize("\n")
  end,
}

local make = filters[arg[1]]
if not make then
  io.stderr:write("usage: recode.lua b64|unb64|qp|unqp|crlf|lf [<file> ...]\n")
  os.exit(2)
end

local sources = {}
for i = 2, #arg do
  sources[#sources + 1] = ltn12.source.file(io.open(arg[i], "rb"))
end
if #sources == 0 then
  sources[1] = ltn12.source.file(io.stdin)
end

local source = ltn12.source.chain(ltn12.source.cat(table.unpack(sources)), make())
local ok, err = ltn12.pump.all(source, ltn12.sink.file(io.stdout))
if not ok then
  io.stderr:write("recode: ", err, "\n")
  os.exit(1)
end
