/** The configurations of docs/deploy.md: checked by the programs that read them, and run where that can be. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ensure, type Operation, spawn } from "effection";
import { serve, sleep, socket } from "cosocket";
import { A_MOMENT, check } from "./support/check.js";
import { listening, portOf } from "./support/pairs.js";
import { needs } from "./support/peers.js";
import { program, root } from "./support/process.js";

const page = readFileSync(join(root, "docs/deploy.md"), "utf8");

/** The page's pieces of code in a language. */
function pieces(language: string): string[] {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))];
  return found.map(([, text]) => text!);
}

/** A folder that goes with the scope. */
function* folder(): Operation<string> {
  const path = mkdtempSync(join(tmpdir(), "cosocket-deploy-"));
  yield* ensure(() => rmSync(path, { recursive: true }));
  return path;
}

function ends(command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  expect(status, `${command}: ${stdout}${stderr}`).to.equal(0);
}

needs(
  "systemd-analyze",
  "systemd-analyze",
  "--version",
)("the units of docs/deploy.md", function () {
  this.timeout(20_000);

  it("are what systemd-analyze verify finds nothing about", () =>
    check(function* () {
      const path = yield* folder();
      const units = pieces("ini");
      const names = units.map((text) => /^# \/etc\/systemd\/system\/(\S+)/.exec(text)![1]!);
      expect(names).to.deep.equal(["echo.socket", "echo.service"]);
      const files = names.map((name) => join(path, name));
      files.forEach((file, i) => writeFileSync(file, units[i]!));
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", ...files], {
        encoding: "utf8",
      });
      const about = stderr.split("\n").filter((line) => line.includes("echo."));
      expect(about).to.deep.equal([]);
      expect(status, stderr).to.equal(0);
    }));
});

/** What a client learns who connects to a proxy with this configuration: his own address, and what the server says it is. */
function* through(text: string, run: (file: string) => [string, string[]]): Operation<void> {
  const server = yield* listening();
  yield* spawn(() =>
    serve(server, (client) => client.send(`${client.getpeername().join(" ")}\n`), {
      proxy: ["127.0.0.1"],
    }),
  );
  const front = yield* listening();
  const port = portOf(front);
  front.close();
  const file = join(yield* folder(), "proxy.conf");
  const here = text.replaceAll(":7777", `:${portOf(server)}`).replaceAll(":7000", `:${port}`);
  writeFileSync(file, here);
  yield* program(...run(file));
  for (;;) {
    const tcp = socket.tcp();
    yield* ensure(() => void tcp.close());
    const [, err] = yield* tcp.connect("127.0.0.1", port);
    const [line] = err ? [] : yield* tcp.receive();
    if (line === undefined) {
      tcp.close();
      yield* sleep(A_MOMENT);
      continue;
    }
    expect(line).to.equal(tcp.getsockname().join(" "));
    return;
  }
}

needs(
  "haproxy",
  "haproxy",
  "-v",
)("the HAProxy configuration of docs/deploy.md", () => {
  it("is valid, and tells the server behind it who the client is", () =>
    check(function* () {
      const [text] = pieces("haproxy");
      const file = join(yield* folder(), "haproxy.cfg");
      writeFileSync(file, text!);
      ends("haproxy", ["-c", "-f", file]);
      yield* through(text!, (file) => ["haproxy", ["-db", "-f", file]]);
    }));
});

needs(
  "nginx with its stream module",
  "sh",
  "-c",
  "command -v nginx && test -e /usr/lib/nginx/modules/ngx_stream_module.so",
)("the nginx configuration of docs/deploy.md", () => {
  it("is valid, and tells the server behind it who the client is", () =>
    check(function* () {
      const text = pieces("nginx")[0]!.replace("worker_rlimit_nofile 200000;\n", "");
      const path = yield* folder();
      const where = (file: string): string[] => ["-c", file, "-p", path, "-e", `${path}/errors`];
      const file = join(path, "nginx.conf");
      writeFileSync(file, `pid ${path}/pid;\n${text}`);
      ends("nginx", ["-t", ...where(file)]);
      const alone = `pid ${path}/pid; daemon off; master_process off;\n`;
      yield* through(`${alone}${text}`, (file) => ["nginx", where(file)]);
    }));
});

function deployment(): unknown {
  // Mocha's own.
  const { load } = createRequire(import.meta.url)("js-yaml") as { load(text: string): unknown };
  return load(pieces("yaml")[0]!);
}

/** Paths of what is in `written` and not in `read`. */
function lost(written: unknown, read: unknown, path = ""): string[] {
  if (typeof written !== "object" || written === null) return written === read ? [] : [path];
  const others = (read ?? {}) as Record<string, unknown>;
  return Object.entries(written).flatMap(([key, value]) =>
    lost(value, others[key], `${path}/${key}`),
  );
}

describe("the Kubernetes deployment of docs/deploy.md", () => {
  it("can be read, and stops no pod before its grace is over", () => {
    const { spec } = deployment() as {
      spec: {
        template: { spec: { terminationGracePeriodSeconds: number; containers: unknown[] } };
      };
    };
    expect(spec.template.spec.containers).to.have.length(1);
    expect(spec.template.spec.terminationGracePeriodSeconds).to.be.above(5 + 20);
  });
});

needs(
  "kubectl",
  "kubectl",
  "version",
  "--client",
)("the Kubernetes deployment of docs/deploy.md", () => {
  it("has no field that Kubernetes does not know, and none of another type", () =>
    check(function* () {
      const file = join(yield* folder(), "echo.yaml");
      writeFileSync(file, pieces("yaml")[0]!);
      // Without a cluster it reads the file, and writes what it has understood.
      const args = ["set", "env", "--local", "-f", file, "TRIED=1", "-o", "json"];
      const { stdout, stderr } = spawnSync("kubectl", args, { encoding: "utf8" });
      expect(stderr).to.equal("");
      expect(lost(deployment(), JSON.parse(stdout))).to.deep.equal([]);
    }));
});
