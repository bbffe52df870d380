-- What a call has returned, on a line: for the other fixtures of this folder.
return function(...)
  local values = table.pack(...)
  -- LuaSocket pads a success with nils.
  while values.n > 1 and values[values.n] == nil do values.n = values.n - 1 end
  for i = 1, values.n do values[i] = values[i] == nil and "nil" or string.format("%q", values[i]) end
  print(table.concat(values, " ", 1, values.n))
end
