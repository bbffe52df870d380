/** docs/porting.md tells of every name of LuaSocket, LuaSec and Copas that is not here. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { socket } from "cosocket";
import { copas } from "cosocket/copas";
import { ltn12 } from "cosocket/ltn12";
import { mime } from "cosocket/mime";
import { url } from "cosocket/url";
import { lua, needs } from "./support/peers.js";
import { root } from "./support/process.js";

/** Of Copas 4.11, by its manual and its source. */
const COPAS =
  "loop step finished running exit exiting waitforexit cancelall gettime status gettimeouts autoclose _VERSION _COPYRIGHT _DESCRIPTION " +
  "addserver removeserver handler addthread addnamedthread removethread wakeup pause pauseforever sleep timeout setthreadname getthreadname " +
  "setsocketname getsocketname seterrorhandler setErrorHandler geterrorhandler gettraceback wrap connect dohandshake receive receivepartial " +
  "receivePartial receivefrom send sendto close settimeout settimeouts useSocketTimeoutErrors flush lock semaphore queue timer future limit " +
  "http ftp smtp debug";

/** What is there of each. A name that the page has, in code, is told of. */
const HERE: Record<string, object> = {
  socket,
  dns: socket.dns,
  tcp: socket.tcp(),
  udp: socket.udp(),
  unix: socket.unix(),
  kinds: socket.unix,
  ltn12,
  pump: ltn12.pump,
  source: ltn12.source,
  sink: ltn12.sink,
  filter: ltn12.filter,
  mime,
  url,
  ssl: socket.tls,
  tls: socket.tcp(),
  copas,
};

const page = readFileSync(join(root, "docs/porting.md"), "utf8");
const told = new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code!.match(/\w+/g)));

function missing(what: string, names: string[]): string[] {
  return names.filter((name) => !(name in HERE[what]!) && !told.has(name));
}

it("docs/porting.md tells of every name of Copas's that is not here", () => {
  expect(missing("copas", COPAS.split(" "))).to.deep.equal([]);
});

needs(
  "LuaSocket for Lua 5.4",
  "lua5.4",
  "-e",
  "require'socket'",
)("docs/porting.md", () => {
  it("tells of every name of LuaSocket's and LuaSec's that is not here", () => {
    const lines = execFileSync("lua5.4", [lua("names.lua")], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(lines.length).to.be.at.least(8);
    for (const line of lines) {
      const [what, names] = line.split(": ") as [string, string];
      expect(missing(what, names.split(" ")), what).to.deep.equal([]);
    }
  });
});
