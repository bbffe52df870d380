// npm run example:child
//
// A child process spoken to line by line: a calculator; or bc, if it is there: npm run example:child -- bc
import { spawn } from "node:child_process";
import { main } from "effection";
import { socket } from "cosocket";

/** A calculator as simple as bc. */
const CALCULATOR = `
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    console.log(String(eval(line)));
  });`;
const [command = process.execPath, ...args] = process.argv.slice(2);

await main(function* () {
  const child = spawn(
    command,
    args.length > 0 || command !== process.execPath ? args : ["-e", CALCULATOR],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const calculator = socket.stream(child);
  calculator.settimeout(5);
  for (const question of ["6*7", "2+2*2", "1000000-1"]) {
    yield* calculator.send(`${question}\n`);
    const [answer, err] = yield* calculator.receive();
    if (err) throw new Error(`no answer: ${err}`);
    console.log(`${question} = ${answer}`);
  }
  // The end of its input: it goes.
  calculator.shutdown("send");
  yield* calculator.receive();
  calculator.close();
});
