/** Bugs that are planted in copies of the library: each is found by the exploration of a program that knows nothing of it. */
import { rmSync } from "node:fs";
import { expect } from "chai";
import { ALL_FAULTS, type SimulationError } from "cosocket/testing";
import { onlyInCI } from "../../support/counts.js";
import { keyValueProgram } from "../../support/kv.js";
import { type Bug, planted } from "../../support/planted.js";
import { packageFolder } from "../../support/process.js";

interface Found extends Bug {
  /** How it shows. */
  found: RegExp;
  /** The first seed that is tried: one before one that fails, where dozens pass before. Default 1. */
  seed?: number;
  /** Tried on a developer's machine, too. */
  always?: true;
}

const BUGS: Record<string, Found> = {
  "a waiter that timed out is not unlinked": {
    file: "reactor/wait.js",
    edits: [
      [
        "this.expired = false;\n        this.end = 0;",
        "const late = this.expired;\n        this.expired = false;\n        this.end = 0;",
      ],
      ["this.leave();\n    }", "if (!late)\n            this.leave();\n    }"],
    ],
    found: /cannot be read|deadlock|still runs|left behind/,
  },
  "a byte is lost where a line ends with a chunk": {
    file: "src/connection/segments.js",
    edits: [
      [
        "segment.append(chunk);",
        "const { length } = segment;\n        segment.append(chunk);\n        if (chunk[0] === 10)\n            segment.bytes[length - 1] = 32;",
      ],
    ],
    found: /was answered by|has received|not what was written|is there|is gone/,
  },
  "a timer is left armed": {
    file: "reactor/wait.js",
    edits: [["if (this.armed?.waiter === this)", "if (false)"]],
    found: /left behind:[^]*deadline/,
    seed: 34,
  },
  "a reply is sent twice after a timeout": {
    file: "src/connection/send.js",
    edits: [
      [
        'return this.half.markDubious([undefined, "timeout", this.index]);',
        'const { index } = this;\n        if (this.first)\n            this.hand(Infinity);\n        return this.half.markDubious([undefined, "timeout", index]);',
      ],
    ],
    found: /was answered by|has received|not what was written/,
    seed: 40,
  },
  "close strands a reader": {
    file: "src/connection/connection.js",
    edits: [["reading.drop();\n        reading.wake();", "reading.drop();"]],
    found: /deadlock|still runs/,
    always: true,
  },
};

describe("planted bugs", function () {
  this.timeout(60_000);

  for (const [name, bug] of Object.entries(BUGS)) {
    it(`${name}: found, and made small`, async function () {
      if (!bug.always) onlyInCI(this, "one bug is planted here");
      const folder = packageFolder();
      try {
        const { library, testing } = await planted(bug, folder);
        let failure: SimulationError | undefined;
        try {
          await testing.explore(
            { seed: bug.seed ?? 1, runs: 10_000, faults: ALL_FAULTS },
            keyValueProgram(library),
          );
        } catch (error) {
          failure = error as SimulationError;
        }
        expect(failure?.name).to.equal("SimulationError");
        expect(String(failure!.cause)).to.match(bug.found);
        expect(failure!.message).to.match(/replay it with: COSOCKET_REPLAY='\d+/);
        expect(failure!.smallest).to.equal(true);
        expect(failure!.faults.length).to.be.lessThan(4);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
