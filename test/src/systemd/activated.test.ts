/** Programs that systemd starts: sockets, and what it is told. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure, type Operation, spawn } from "effection";
import { socket } from "cosocket";
import { activated, notify, watchdog } from "cosocket/systemd";
import { simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { onlyInCI, times } from "../../support/counts.js";
import { inheriting } from "../../support/descriptors.js";
import { freePort, listening, portOf, thrown } from "../../support/pairs.js";
import { needs } from "../../support/peers.js";
import { program, root } from "../../support/process.js";

const SERVICE = join(root, "dist/test/process/activated.js");

/** One request on a connection of its own: who has answered, or the error. */
function* asked(port: number): Operation<string> {
  const tcp = socket.tcp();
  tcp.settimeout(10);
  try {
    const connected = yield* tcp.connect("127.0.0.1", port);
    if (connected[1]) return `connect: ${connected[1]}`;
    yield* tcp.send("who?\n");
    const [line, err] = yield* tcp.receive();
    return err ? `receive: ${err}` : line;
  } finally {
    tcp.close();
  }
}

needs(
  "systemd-socket-activate",
  "systemd-socket-activate",
  "--version",
)("under systemd-socket-activate", function () {
  this.timeout(30_000);

  it("a program that ends and is started again, while clients come all the time, refuses and loses none", () =>
    check(function* () {
      const port = yield* freePort();
      // As systemd does: it keeps the socket, and starts the program anew whenever it has ended. The process that is passed something is the program's.
      const again = `LISTEN_PID=$$ exec ${process.execPath} ${SERVICE}`;
      const keeper = yield* program("systemd-socket-activate", [
        ...["-l", `127.0.0.1:${port}`, "--fdname=echo"],
        ...["-E", `COSOCKET_TRANSPORT=${process.env["COSOCKET_TRANSPORT"] ?? ""}`],
        ...["sh", "-c", `trap exit TERM; while :; do sh -c '${again}'; done`],
      ]);
      yield* call(() => keeper.prints(/Listening on/));
      const programs = times(2, 5);
      const answers: string[] = [];
      const pids = new Set<string>();
      const lost = (): string[] => answers.filter((answer) => !/^\d+ who\?$/.test(answer));
      // Until so many programs have answered, each but the last was ended when it did so first.
      const clients = function* (): Operation<void> {
        while (pids.size < programs && lost().length === 0) {
          const answer = yield* asked(port);
          answers.push(answer);
          const [, pid] = /^(\d+) who\?$/.exec(answer) ?? [];
          if (pid === undefined) return;
          if (!pids.has(pid) && pids.add(pid).size < programs) process.kill(Number(pid), "SIGTERM");
        }
      };
      const tasks = [];
      for (let i = 0; i < 4; i++) tasks.push(yield* spawn(clients));
      for (const task of tasks) yield* task;
      expect(lost()).to.deep.equal([]);
      expect(pids.size).to.equal(programs);
      expect(keeper.out).to.match(/echo: tcp\{server\} 127\.0\.0\.1:\d+\nagain: 0\nleft: \n/);
      // The shell first, which is told when the program has ended: otherwise it might start another one, that nobody ends.
      keeper.child.kill("SIGTERM");
      process.kill(Number([...pids].at(-1)), "SIGKILL");
    }));
});

/** Prints what comes to a Unix datagram socket, and the process that it comes from. */
const RECEIVER = `
import os, socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind(sys.argv[1])
print("receives", flush=True)
while True:
    data, control, flags, where = s.recvmsg(4096, 4096)
    for level, kind, value in control:
        if kind == socket.SCM_RIGHTS: [os.close(fd) for (fd,) in struct.iter_unpack("i", value)]
        if kind == socket.SCM_CREDENTIALS: pid = struct.unpack("3i", value)[0]
    print(pid, repr(data.decode()), flush=True)
`;

needs(
  "systemd-notify, or python3,",
  "sh",
  "-c",
  "command -v systemd-notify && command -v python3",
)("notify", function () {
  this.timeout(20_000);

  it("tells the manager that the program is ready, reloads, lives and stops; to the root user in the program's own name", () =>
    check(function* () {
      const folder = mkdtempSync(join(tmpdir(), "cosocket-notify-"));
      yield* ensure(() => rmSync(folder, { recursive: true }));
      const path = join(folder, "notify");
      const manager = yield* program("python3", ["-c", RECEIVER, path]);
      yield* call(() => manager.prints(/receives\n/));
      const server = yield* listening();
      const service = yield* inheriting("activating", [server.getfd()], {
        NOTIFY_SOCKET: path,
        WATCHDOG_USEC: "200000",
      });
      const [, pid] = yield* call(() => service.prints(/pid: (\d+)\n/));
      expect(service.out).to.contain("told: [true]\n");
      yield* call(() => manager.prints(/WATCHDOG=1[^]*WATCHDOG=1/));
      process.kill(Number(pid), "SIGTERM");
      yield* call(() => manager.prints(/STOPPING=1/));
      expect(manager.out).to.match(/'READY=1\\nSTATUS=serves, with a space'/);
      expect(manager.out).to.match(/'RELOADING=1\\nMONOTONIC_USEC=\d+'/);
      const sender = /(\d+) 'READY=1/.exec(manager.out)![1];
      // Who may not speak in the name of another speaks in his own.
      if (process.getuid!() === 0) expect(sender).to.equal(pid);
    }));
});

describe("a service of systemd", function () {
  this.timeout(20_000);

  it("is passed several sockets by name, and leaves alone what is for another process; nobody is told where nobody listens", function () {
    onlyInCI(this, "it starts several programs");
    return check(function* () {
      const [server, other] = [yield* listening(), yield* listening()];
      const udp = socket.udp();
      yield* udp.setsockname("127.0.0.1", 0);
      yield* ensure(() => void udp.close());
      const fds = [server, other, udp].map((each) => each.getfd());
      const names = { LISTEN_FDNAMES: "one:two:three", LISTEN_FDS: "3" };
      const service = yield* inheriting("activating", fds, names);
      const [, printed] = yield* call(() =>
        service.prints(/^([^]*)told: \[false\]\npid[^]*watched: false\n/),
      );
      expect(printed).to.equal(
        [
          `one: tcp{server} 127.0.0.1:${portOf(server)}`,
          `two: tcp{server} 127.0.0.1:${portOf(other)}`,
          `three: udp{unconnected} 127.0.0.1:${udp.getsockname()[1]}`,
          "again: 0",
          "left: ",
          "",
        ].join("\n"),
      );
      const stranger = yield* inheriting("activated", fds, { ...names, LISTEN_PID: "1" });
      yield* call(() => stranger.ends());
      expect(stranger.out).to.match(/^again: 0\nleft: \n/);
      const senseless = yield* inheriting("activating", fds, { LISTEN_FDS: "x" });
      yield* call(() => senseless.ends());
      expect(senseless.out).to.contain("invalid argument");
    });
  });

  it("says why the manager could not be told, and refuses a period that makes none", function () {
    onlyInCI(this, "it starts several programs");
    return check(function* () {
      const set = (env: Record<string, string>): void => void Object.assign(process.env, env);
      yield* ensure(() => ["NOTIFY_SOCKET", "WATCHDOG_USEC"].forEach((n) => delete process.env[n]));
      set({ NOTIFY_SOCKET: "" });
      expect(yield* notify({ READY: 1 })).to.deep.equal([false]);
      for (const odd of ["0", "-1", "x", "", "1e6", "Infinity", "18446744073709551615"]) {
        set({ WATCHDOG_USEC: odd });
        expect((yield* watchdog())[1], odd).to.equal("invalid argument");
      }
      if (spawnSync("systemd-notify", ["--version"]).error !== undefined) return;
      set({ NOTIFY_SOCKET: "/no/such/socket" });
      expect((yield* notify({ READY: 1 }))[1]).to.equal("no such file or directory");
      set({ NOTIFY_SOCKET: "@cosocket-nobody-listens" });
      expect((yield* notify({ READY: 1 }))[1]).to.equal("connection refused");
    });
  });

  it("told of more sockets than there are, says which number is none, and of how many", () =>
    check(function* () {
      const passed = { LISTEN_PID: String(process.pid), LISTEN_FDS: "999999" };
      Object.assign(process.env, passed);
      const error = yield* thrown(activated());
      expect(error)
        .to.be.instanceOf(TypeError)
        .with.property("message")
        .that.matches(/^activated, of LISTEN_FDS=999999: descriptor \d is /);
      expect(Object.keys(process.env).filter((name) => name in passed)).to.deep.equal([]);
      expect(yield* activated()).to.deep.equal([[]]);
    }));

  it("misuse throws; in a simulation there is no manager", () =>
    check(function* () {
      for (const wrong of [{}, { ready: 1 }, { STATUS: "two\nlines" }, { READY: true }, null])
        expect(() => notify(wrong as never), JSON.stringify(wrong)).to.throw(TypeError, "notify");
      yield* call(() =>
        simulate({ seed: 1 }, function* () {
          expect(yield* notify({ READY: 1 })).to.deep.equal([false]);
          expect(yield* activated()).to.deep.equal([[]]);
        }),
      );
    }));
});
