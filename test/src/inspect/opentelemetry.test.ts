/** The recipe of docs/seeing.md, as it is printed there, in a program of its own: it listens as long as that lives. */
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { call, ensure } from "effection";
import ts from "typescript";
import { check } from "../../support/check.js";
import { onlyInCI } from "../../support/counts.js";
import { packageFolder, program, root } from "../../support/process.js";

const page = readFileSync(join(root, "docs/seeing.md"), "utf8");
const recipe = [...page.matchAll(/^```ts\n([^]*?)^```/gm)].find(([, code]) =>
  code!.includes("@opentelemetry/api"),
)![1]!;

const SETUP = `
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { fork, socket, sleep } from "cosocket";
import { main } from "effection";
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
await main(function* () {
  const server = socket.try(yield* socket.bind("127.0.0.1", 0));
  const client = socket.try(yield* socket.connect("127.0.0.1", server.getsockname()[1]));
  const served = socket.try(yield* server.accept());
  const receiving = yield* fork(() => served.receive());
  yield* sleep(0);
  yield* client.send("hello\\n");
  yield* receiving;
  client.settimeout(0);
  yield* client.receive();
  for (const { name, attributes, status, ended } of exporter.getFinishedSpans())
    console.log(name, attributes["cosocket.bytes"], status.message, ended);
});
`;

describe("the recipe for OpenTelemetry", () => {
  it("makes a span of each operation, with its bytes, and of an error one with its word", function () {
    onlyInCI(this, "it starts a program with OpenTelemetry in it");
    return check(function* () {
      const folder = packageFolder();
      yield* ensure(() => rmSync(folder, { recursive: true }));
      const theirs = "node_modules/@opentelemetry";
      symlinkSync(join(root, theirs), join(folder, theirs));
      const { outputText } = ts.transpileModule(recipe, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      });
      writeFileSync(join(folder, "program.mjs"), outputText + SETUP);
      const running = yield* program(process.execPath, [join(folder, "program.mjs")]);
      yield* call(() => running.ends());
      expect(running.out.trim().split("\n")).to.deep.equal([
        "cosocket.tcp.bind undefined undefined true",
        "cosocket.tcp.connect undefined undefined true",
        "cosocket.tcp.accept undefined undefined true",
        "cosocket.tcp.send 6 undefined true",
        "cosocket.tcp.receive 5 undefined true",
        "cosocket.tcp.receive undefined timeout true",
      ]);
    });
  });
});
