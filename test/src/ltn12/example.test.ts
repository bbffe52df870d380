/** examples/ltn12: the port, and its original where there is LuaSocket, give the same. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { available, root } from "../../support/process.js";

interface Told {
  out: Buffer;
  err: string;
  code: number | null;
}

function ran(command: string, args: string[], input: Uint8Array): Told {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd: root, input });
  return { out: stdout, err: String(stderr), code: status };
}

const port = (args: string[], input: Uint8Array = Buffer.alloc(0)): Told =>
  ran(process.execPath, [join(root, "dist/examples/luasocket/recode.js"), ...args], input);
const original = (args: string[], input: Uint8Array): Told =>
  ran("lua5.4", ["examples/luasocket/recode.lua", ...args], input);

describe("examples/luasocket/recode", function () {
  this.timeout(20_000);
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 7) & 255));
  const text = Buffer.from("ação = \t\r\na line\nanother\r\n".repeat(50));
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cosocket-recode-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("writes files one after the other in base64", () => {
    const [one, two] = ["one", "two"].map((name) => join(folder, name));
    writeFileSync(one!, bytes.subarray(0, 1000));
    writeFileSync(two!, bytes.subarray(1000));
    const encoded = port(["b64", one!, two!]);
    expect(encoded).to.deep.include({ err: "", code: 0 });
    expect(Buffer.from(String(encoded.out), "base64").equals(bytes)).to.equal(true);
    expect(String(encoded.out)).to.match(/^(?:.{76}\r\n)+.{1,76}\r\n$/);
  });

  it("gives of stdin what its original gives", function () {
    const made = port(["qp"], text);
    expect(made).to.deep.include({ err: "", code: 0 });
    if (!available("lua5.4", "-e", "require'ltn12'")) {
      console.log("    skipped: LuaSocket for Lua 5.4 is not installed (see .ci/run)");
      this.skip();
    }
    expect(original(["qp"], text)).to.deep.equal(made);
    expect(original(["unqp"], made.out).out.toString()).to.equal(
      text.toString().replace(/\r?\n/g, "\r\n"),
    );
  });
});
