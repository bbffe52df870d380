/** A server of others', vsftpd: the same transfers, with LuaSocket and here. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { until } from "effection";
import { socket } from "cosocket";
import { ftp } from "cosocket/ftp";
import { ltn12 } from "cosocket/ltn12";
import { check } from "../../support/check.js";
import { LuaProcess } from "../../support/lua-process.js";
import { needs } from "../../support/peers.js";

/** As root only: it becomes somebody else. */
const there = needs(
  "vsftpd, to be run as root,",
  "sh",
  "-c",
  'test "$(id -u)" = 0 && command -v vsftpd',
);

const sixth = networkInterfaces()["lo"]?.some(({ address }) => address === "::1") === true;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

there("vsftpd", function () {
  this.timeout(20_000);
  let folder: string;
  let server: ChildProcess;
  let port: number;
  before(async () => {
    port = await freePort();
    folder = mkdtempSync(join(tmpdir(), "cosocket-ftp-"));
    for (const name of ["root", "root/pub", "empty"]) mkdirSync(join(folder, name));
    chmodSync(folder, 0o755);
    chmodSync(join(folder, "root/pub"), 0o777);
    writeFileSync(join(folder, "root/pub/a"), "hello from vsftpd");
    const settings = {
      // Of both families, where there are two.
      ...(sixth ? { listen: "NO", listen_ipv6: "YES" } : { listen: "YES" }),
      listen_port: port,
      background: "NO",
      write_enable: "YES",
      anonymous_enable: "YES",
      anon_upload_enable: "YES",
      anon_other_write_enable: "YES",
      anon_umask: "022",
      anon_root: join(folder, "root"),
      ftp_username: "daemon",
      secure_chroot_dir: join(folder, "empty"),
      seccomp_sandbox: "NO",
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, "conf"), lines.join(""), { mode: 0o600 });
    server = spawn("vsftpd", [join(folder, "conf")], { stdio: "ignore" });
  });
  after(() => {
    server.kill();
    rmSync(folder, { recursive: true });
  });

  it("is got from and put to as by LuaSocket, by EPSV, and here by PASV, PORT and EPRT, too", () =>
    check(function* () {
      for (;;) {
        const [client, err] = yield* socket.connect("127.0.0.1", port);
        client?.close();
        if (!err) break;
      }
      const lua = new LuaProcess();
      const at = `{ host = "127.0.0.1", port = ${port}, command = "dele", argument = "/pub/none", check = 250 }`;
      const place = `ftp://127.0.0.1:${port}/pub`;
      const text = "x".repeat(200_000);
      for (const [theirs, ours] of [
        [`ftp.get("${place}/a")`, ftp.get(`${place}/a`)],
        [`ftp.get("${place}/none;type=i")`, ftp.get(`${place}/none;type=i`)],
        [`ftp.put("${place}/up", ("x"):rep(200000))`, ftp.put(`${place}/up`, text)],
        [`ftp.put("${place}/none/up", "x")`, ftp.put(`${place}/none/up`, "x")],
        [`ftp.get("${place}/up;type=i")`, ftp.get(`${place}/up;type=i`)],
        [
          `ftp.command(${at})`,
          ftp.command({
            host: "127.0.0.1",
            port,
            command: "dele",
            argument: "/pub/none",
            check: 250,
          }),
        ],
      ] as const) {
        const [value, err] = yield* ours;
        const told = yield* until(lua.ask(`local ftp = require "socket.ftp"; return ${theirs}`));
        expect([value, err], theirs).to.deep.equal([told[0], told[1]]);
      }
      lua.end();
      const f = yield* ftp.open("127.0.0.1", port);
      yield* f.greet();
      yield* f.login();
      const [sink, pieces] = ltn12.sink.table();
      for (const way of [f.port(), f.eprt(1), f.pasv(), f.epsv()]) {
        yield* way;
        yield* f.receive({ path: "/pub/a", sink });
      }
      yield* f.quit();
      f.close();
      expect(pieces.join("")).to.equal("hello from vsftpd".repeat(4));
    }));

  it("is got from and put to over IPv6, by EPSV and EPRT", function () {
    if (!sixth) this.skip();
    return check(function* () {
      const place = `ftp://[::1]:${port}/pub`;
      const text = "y".repeat(200_000);
      expect(yield* ftp.put(`${place}/six`, text)).to.deep.equal([200_000]);
      expect(yield* ftp.get(`${place}/six;type=i`)).to.deep.equal([text]);
      const f = yield* ftp.open("::1", port);
      yield* f.greet();
      yield* f.login();
      const [sink, pieces] = ltn12.sink.table();
      for (const way of [f.eprt(2), f.epsv()]) {
        yield* way;
        yield* f.receive({ path: "/pub/a", sink });
      }
      expect(pieces.join("")).to.equal("hello from vsftpd".repeat(2));
      f.close();
    });
  });
});
