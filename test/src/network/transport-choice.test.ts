/** On which transport connections are, and what decides it. */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { status } from "cosocket";
import { simulate } from "cosocket/testing";
import { inFull, onlyInCI } from "../../support/counts.js";
import { root } from "../../support/process.js";

const PROGRAM = `
  import { run, socket, status } from "cosocket";
  await run(function* () {
    const [server, error] = yield* socket.bind("127.0.0.1", 0);
    if (error) throw new Error(error);
    const [client] = yield* socket.connect("127.0.0.1", server.getsockname()[1]);
    const [served] = yield* server.accept();
    yield* served.send("over " + status().transport);
    served.close();
    console.log((yield* client.receive("*a"))[0]);
  });
`;

const FROZEN = `
  import { run, socket } from "cosocket";
  Object.freeze(Error);
  await run(function* () {
    console.log((yield* socket.connect("127.0.0.1", 1))[1]);
  });
`;

/** What the program prints in a process of its own, and what goes wrong there. */
function runs(transport: string | undefined, ...flags: string[]): string {
  return printed(PROGRAM, transport, ...flags);
}

function printed(program: string, transport: string | undefined, ...flags: string[]): string {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, "--input-type=module", "--eval", program],
    { cwd: root, encoding: "utf8", env: { ...process.env, COSOCKET_TRANSPORT: transport } },
  );
  return stdout.trim() || stderr;
}

const [major] = process.versions.node.split(".").map(Number);
const permission = major === 20 ? "--experimental-permission" : "--permission";
const allowed = major! >= 25 ? ["--allow-net"] : [];

describe("the transport", () => {
  it("is Node's handles where they have been tested", function () {
    if (process.platform !== "linux" || ![20, 22, 24, 26].includes(major!)) this.skip();
    for (const word of inFull ? [undefined, "", "handle"] : [undefined])
      expect(runs(word)).to.equal("over handle");
  });

  it("is sockets where COSOCKET_TRANSPORT says so", () => {
    expect(runs("socket")).to.equal("over socket");
  });

  it("is sockets where the handles would make Node warn", () => {
    expect(runs(undefined, "--pending-deprecation")).to.equal("over socket");
  });

  it("is sockets where the permission model keeps the handles from programs", function () {
    onlyInCI(this, "it starts two programs");
    const flags = [permission, "--allow-fs-read=*", ...allowed, "--no-warnings"];
    expect(runs(undefined, ...flags)).to.equal("over socket");
    expect(runs("handle", ...flags)).to.match(/COSOCKET_TRANSPORT is handle, .*ERR_ACCESS_DENIED/);
  });

  it("is refused when COSOCKET_TRANSPORT is nothing that there is", () => {
    expect(runs("sockets")).to.contain(
      'TypeError: COSOCKET_TRANSPORT is "handle" or "socket", not "sockets"',
    );
  });

  it("tells of errors also where a program has frozen what is built in", function () {
    onlyInCI(this, "it starts two programs");
    for (const transport of ["socket", undefined])
      expect(printed(FROZEN, transport)).to.equal("connection refused");
  });

  it("of a simulation is simulated, and is what it was afterwards", async () => {
    const before = status().transport;
    let inside: string | undefined;
    await simulate({ seed: 1 }, function* () {
      inside = status().transport;
    });
    expect(inside).to.equal("simulated");
    expect(status().transport).to.equal(before).and.not.equal("simulated");
  });
});
