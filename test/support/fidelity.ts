/**
 * Random scripts that are played in a simulated world and on the kernel, and whose every answer is compared.
 *
 * COSOCKET_RUNS=1000 plays so many of each kind; COSOCKET_SEED begins with other ones.
 */
import { expect } from "chai";
import fc from "fast-check";
import type { Operation } from "effection";
import { run } from "cosocket";
import { simulate } from "cosocket/testing";
import { firstSeed, runs } from "./counts.js";
import { called, PATIENCE, PAUSE } from "./scripts.js";

/** How fast a script is played: a busy machine may be too slow for it. */
export class Tempo {
  constructor(private readonly factor = 1) {}
  /** Before a step: long enough for what is on its way. */
  get pause(): number {
    return PAUSE * this.factor;
  }
  /** Timeout of each object. */
  get patience(): number {
    return PATIENCE * this.factor;
  }
}

export type Program<Step> = (script: Step[], tempo: Tempo) => Operation<string[]>;

/** Tempos at which a script is played on the kernel until it answers as it should; and those for one that is made shorter. */
const TEMPOS = [1, 4, 16, 40];
const QUICK = [1, 2, 4];
/** Scripts that are played at the same time. */
const AT_ONCE = 20;
const SEED = firstSeed(7);

/** Play random scripts in both worlds; the first that differs is made shorter, and fails. */
export async function compare<Step>(
  steps: fc.Arbitrary<Step>,
  program: Program<Step>,
  count = 12,
): Promise<void> {
  const scripts = fc.array(steps, { minLength: 8, maxLength: 16 });
  const most = runs(count);
  for (let begun = 0; begun < most; begun += AT_ONCE) {
    const numRuns = Math.min(AT_ONCE, most - begun);
    await compareAll(fc.sample(scripts, { seed: SEED + begun, numRuns }), program);
  }
}

async function compareAll<Step>(scripts: Step[][], program: Program<Step>): Promise<void> {
  const simulated: string[][] = [];
  for (const script of scripts) simulated.push(await simulatedAnswers(script, program));
  const real = await Promise.all(scripts.map((script) => run(() => program(script, new Tempo()))));
  for (const [i, script] of scripts.entries()) {
    expect(simulated[i]).to.have.length.above(0);
    if (same(simulated[i]!, real[i]!) || (await agrees(script, program, TEMPOS))) continue;
    const shortest = await shortened(script, program);
    const expected = await realAnswers(shortest, program, [], [4]);
    expect(await simulatedAnswers(shortest, program)).to.deep.equal(expected);
  }
}

async function simulatedAnswers<Step>(script: Step[], program: Program<Step>): Promise<string[]> {
  return (await simulate({}, () => program(script, new Tempo()))).value;
}

/** What it answers on the kernel at last, or what was expected as soon as it answers that. */
async function realAnswers<Step>(
  script: Step[],
  program: Program<Step>,
  expected: string[],
  tempos: number[],
): Promise<string[]> {
  let answers: string[] = [];
  for (const factor of tempos) {
    answers = await run(() => program(script, new Tempo(factor)));
    if (same(answers, expected)) break;
  }
  return answers;
}

async function agrees<Step>(
  script: Step[],
  program: Program<Step>,
  tempos: number[],
): Promise<boolean> {
  const expected = await simulatedAnswers(script, program);
  return same(await realAnswers(script, program, expected, tempos), expected);
}

/** Without the steps that are not needed for it to differ. */
async function shortened<Step>(script: Step[], program: Program<Step>): Promise<Step[]> {
  for (let i = script.length - 1; i >= 0; i--) {
    const without = script.toSpliced(i, 1);
    if (!(await agrees(without, program, QUICK))) return shortened(without, program);
  }
  return script;
}

function same(a: string[], b: string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a method of `object` answers; what it throws, too. */
export function* answer(object: object, method: string, args: unknown[]): Operation<unknown> {
  try {
    return yield* called(object, method, args);
  } catch (error) {
    return String(error);
  }
}

/** The numbers of ports in words that are the same in every world: in the order in which they are met. */
export class Ports {
  private readonly words = new Map<number, string>();

  private word(port: number): string {
    let word = this.words.get(port);
    if (word === undefined) this.words.set(port, (word = `port ${this.words.size}`));
    return word;
  }

  /** An answer in words. */
  told(result: unknown): string {
    if (typeof result === "string")
      return result.replaceAll(/:(\d{4,5})\b/g, (_, port) => `:${this.word(Number(port))}`);
    const told = (value: unknown): unknown => {
      if (Buffer.isBuffer(value)) return `${value.length} bytes`;
      if (typeof value === "number" && value > 9999 && value < 65_536) return this.word(value);
      return typeof value === "object" && value !== null && "getfd" in value ? "an object" : value;
    };
    return JSON.stringify(Array.isArray(result) ? result.map(told) : told(result));
  }
}

const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;
let nextPort = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));

/** Ports that nobody has: below those that the kernel gives away by itself. */
export function freshPorts(count: number): number[] {
  return Array.from({ length: count }, () => {
    nextPort = nextPort < LAST_PORT ? nextPort + 1 : FIRST_PORT;
    return nextPort;
  });
}
