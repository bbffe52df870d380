import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { headers } from "cosocket/headers";
import { needs } from "../../support/peers.js";

const LIST = `for k, v in pairs(require "socket.headers".canonic) do print(k .. ": " .. v) end`;

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("headers.canonic", () => {
  it("has the names that LuaSocket has", () => {
    const theirs = execFileSync("lua5.4", ["-e", LIST], { encoding: "utf8" }).trim().split("\n");
    const ours = Object.entries(headers.canonic).map(([name, written]) => `${name}: ${written}`);
    expect(ours).to.have.members(theirs);
  });
});

it("headers.canonic has no names by accident", () => {
  expect(headers.canonic["constructor"]).to.equal(undefined);
  expect(headers.canonic["__proto__"]).to.equal(undefined);
});
