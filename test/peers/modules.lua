-- Answers of LuaSocket's url, mime and ltn12, for test/luasocket-modules.test.ts: each line of the input is a list, written in Lua; each line
-- of the output what came of it.
local ltn12, mime, url = require("ltn12"), require("mime"), require("socket.url")
local unpack = table.unpack

local function show(value)
  if type(value) == "string" then
    return "s" .. value:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  elseif type(value) == "number" then return ("i%d"):format(value)
  elseif type(value) == "table" then
    local fields = {}
    for name, field in pairs(value) do
      fields[#fields + 1] = (type(name) == "number" and ("%06d"):format(name) or name) .. "=" .. show(field)
    end
    table.sort(fields)
    return "{" .. table.concat(fields, " ") .. "}"
  end
  return tostring(value)
end

-- [name, option], of mime
local function filterOf(name, option)
  local kind, of = name:match("^(%w+) ?(.*)$")
  if kind == "wrap" and of == "" then return mime.wrap(option) end
  if of == "" then return mime[kind](option) end
  return mime[kind](of, option)
end

local function filtersOf(list)
  local filters = {}
  for i, one in ipairs(list) do filters[i] = filterOf(unpack(one)) end
  return unpack(filters)
end

local sources, sinks = {}, {}
local function sourceOf(one) return sources[one[1]](unpack(one, 2)) end
local function sinkOf(log, one) return sinks[one[1]](log, unpack(one, 2)) end
local function sourcesOf(list)
  local made = {}
  for i, one in ipairs(list) do made[i] = sourceOf(one) end
  return made
end

sources.table, sources.string = ltn12.source.table, ltn12.source.string
sources.empty, sources.error = ltn12.source.empty, ltn12.source.error
function sources.cat(list) return ltn12.source.cat(unpack(sourcesOf(list))) end
function sources.chain(of, filters) return ltn12.source.chain(sourceOf(of), filtersOf(filters)) end
function sources.rewind(of, pieces)
  local source = ltn12.source.rewind(sourceOf(of))
  for _, piece in ipairs(pieces) do source(piece) end
  return source
end
function sources.simplify(list)
  local made, turn = sourcesOf(list), 0
  local function fancy()
    turn = turn % #made + 1
    local chunk, err = made[turn]()
    if chunk then return chunk, fancy end
    return nil, err
  end
  return ltn12.source.simplify(fancy)
end

function sinks.log(log)
  return function(chunk, err)
    log[#log + 1] = { chunk, err }
    return 1
  end
end
sinks["table"] = function(log) return (ltn12.sink.table(log)) end
function sinks.null() return ltn12.sink.null() end
function sinks.error(log, word) return ltn12.sink.error(word) end
function sinks.chain(log, filters, of)
  local list = { filtersOf(filters) }
  list[#list + 1] = sinkOf(log, of)
  return ltn12.sink.chain(unpack(list))
end
function sinks.simplify(log, list)
  local made, turn = {}, 0
  for i, one in ipairs(list) do made[i] = sinkOf(log, one) end
  local function fancy(chunk, err)
    turn = turn % #made + 1
    local ret, why = made[turn](chunk, err)
    if ret then return 1, fancy end
    return nil, why
  end
  return ltn12.sink.simplify(fancy)
end

local does = {}
function does.url(name, ...) return url[name](...) end
function does.mime(name, ...) return mime[name](...) end
function does.pump(blocksize, from, to)
  ltn12.BLOCKSIZE = blocksize
  local log = {}
  local done, err = ltn12.pump.all(sourceOf(from), sinkOf(log, to))
  return log, done, err
end

for line in io.lines() do
  local case = load("return " .. line)()
  local answer = table.pack(pcall(does[case[1]], table.unpack(case, 2, case.n)))
  local shown = {}
  for i = 1, answer.n do shown[i] = show(answer[i]) end
  while shown[#shown] == "nil" do shown[#shown] = nil end
  print(answer[1] and table.concat(shown, " ", 2) or "threw")
end
