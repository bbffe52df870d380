/** What LuaSocket answers otherwise, as it would be answered here: docs/porting.md says why. */
import { hex } from "./luasocket.js";

/** Words that are others here. */
const WORDS = new Map(
  [
    ["bad file descriptor", "closed"],
    ["getsockopt failed", "closed"],
    ["setsockopt failed", "closed"],
    ["host not found", "host or service not provided, or not known"],
    ["name or service not known", "host or service not provided, or not known"],
  ].map((words) => words.map((word) => ` = nil ${hex(word)}`) as [string, string]),
);

const CLOSED = `nil ${hex("closed")}`;
const ALL = new Set(["*a", "*all", "a"].map(hex));

/** Translates LuaSocket's answers to one script, one after the other. */
export class Translation {
  /** Objects that will reset their peers. */
  private readonly harsh = new Set<string>();
  /** Objects that do not wait. */
  private readonly hasty = new Set<string>();
  /** Who has reset the other. */
  private readonly gone = new Set<string>();
  /** Whom a `send` has told that he was reset. */
  private readonly told = new Set<string>();

  constructor(private readonly datagrams: boolean) {}

  /** Undefined where both are right, and what comes later is another story. */
  next(answer: string): string | undefined {
    const [step, given] = answer.split(" = ") as [string, string];
    const [who, method, first] = step.split(" ") as [string, string, string | undefined];
    this.follow(who, method, step, given);
    // An error that nobody waits for is the next call's.
    if (method.startsWith("send") && this.datagrams && this.hasty.has(who) && isError(given))
      return undefined;
    // It is a question here, not a mistake.
    if (this.datagrams && method === "getpeername" && given === "threw")
      return `${step} = nil ${hex("transport endpoint is not connected")}`;
    // Whose connect has failed may connect again here.
    const unconnected = `nil ${hex("transport endpoint is not connected")}`;
    if (method === "receive" && given.startsWith(unconnected))
      return `${step} = ${CLOSED}${given.slice(unconnected.length)}`;
    // Linux tells of a reset once; here all that is read later is known to be a part.
    if (method === "receive" && ALL.has(first ?? "") && this.told.has(who) && /^s/.test(given))
      return `${step} = ${CLOSED} ${given}`;
    return step + (WORDS.get(` = ${given}`) ?? ` = ${given}`);
  }

  private follow(who: string, method: string, step: string, given: string): void {
    const keep = (list: Set<string>, does: boolean): unknown =>
      does ? list.add(who) : list.delete(who);
    if (step.includes(`setoption ${hex("linger")} L`)) keep(this.harsh, step.endsWith("L1:0"));
    if (method === "settimeout") keep(this.hasty, / n0( |$)/.test(given));
    if (method === "close" && this.harsh.has(who)) this.gone.add(who);
    if (method === "send" && given.startsWith(CLOSED) && [...this.gone].some((one) => one !== who))
      this.told.add(who);
  }
}

const isError = (given: string): boolean => given.startsWith("nil ");
