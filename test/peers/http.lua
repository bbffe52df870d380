-- What LuaSocket's http answers, for test/src/http/luasocket.test.ts: lua5.4 http.lua < cases
-- The cases are Lua: a table of requests. `simple` is a URL, perhaps with a `body`; otherwise the request is in the generic form, with a
-- source of `pieces`. A line of JSON is printed for each: texts in it are hexadecimal digits.
local http = require("socket.http")
local ltn12 = require("ltn12")

local cases = load(io.read("a"))()

local function hex(text)
  return '"' .. tostring(text):gsub(".", function(char) return string.format("%02x", char:byte()) end) .. '"'
end

local function fields(headers)
  if not headers then return "null" end
  local list = {}
  for name, value in pairs(headers) do list[#list + 1] = hex(name) .. ":" .. hex(value) end
  table.sort(list)
  return "{" .. table.concat(list, ",") .. "}"
end

local function play(case)
  if case.simple then return http.request(case.simple, case.body) end
  local request, taken, ends = case.request, {}, {}
  request.sink = function(piece, err)
    if piece then taken[#taken + 1] = piece
    else ends[#ends + 1] = err and ("error " .. err) or "end" end
    return 1
  end
  if case.pieces then request.source = ltn12.source.table(case.pieces) end
  local ok, code, headers, status = http.request(request)
  return ok, code, headers, status, table.concat(taken), table.concat(ends, ",")
end

http.TIMEOUT = 0.5
for _, case in ipairs(cases) do
  local called, ok, code, headers, status, taken, ends = pcall(play, case)
  if not called then print('{"threw":' .. hex(ok) .. "}")
  else
    print(string.format('{"ok":%s,"code":%s,"headers":%s,"status":%s,"taken":%s,"ends":%s}',
      hex(ok), hex(code), fields(headers), hex(status), hex(taken), hex(ends)))
  end
  io.stdout:flush()
end
