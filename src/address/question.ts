/**
 * Questions to the system's resolver. It answers each in a thread of Node's pool, which has four, and can call none off: so equal
 * questions at one time are one, and who does not want to know any more leaves the others to wait.
 */
import { reactor } from "../../reactor/index.js";
import { type Address, current, type Network } from "../network/index.js";

/** Whoever wants to know. */
export interface Asker {
  answered(error: Error | null, addresses: Address[]): void;
}

/** Those that are under way: on each network, from each place where code runs (hosts of a simulation ask for themselves). */
const underWay = new WeakMap<Network, WeakMap<object, Map<string, Question>>>();

function questionsHere(): Map<string, Question> {
  const { network } = current;
  const places = underWay.get(network) ?? new WeakMap<object, Map<string, Question>>();
  underWay.set(network, places);
  const place = reactor.here();
  const questions = places.get(place) ?? new Map<string, Question>();
  places.set(place, questions);
  return questions;
}

export class Question {
  private readonly askers = new Set<Asker>();
  private over = false;

  private constructor(
    private readonly key: string,
    private readonly questions: Map<string, Question>,
  ) {}

  /** Ask for the addresses of a host, of one family or of both (0), or join those who wait for them. It may be answered at once. */
  static ask(host: string, family: 0 | 4 | 6, asker: Asker): Question {
    const questions = questionsHere();
    const key = `${family} ${host}`;
    const asked = questions.get(key);
    if (asked !== undefined) {
      asked.askers.add(asker);
      return asked;
    }
    const question = new Question(key, questions);
    question.askers.add(asker);
    current.network.lookup(host, family, (...answer) => question.answered(...answer));
    if (!question.over) questions.set(key, question);
    return question;
  }

  private answered(error: Error | null, addresses: Address[]): void {
    this.forget();
    for (const asker of this.askers) asker.answered(error, addresses);
  }

  /** Somebody does not want to know any more. When nobody does, the next who asks does so anew: this may be one that hangs. */
  leave(asker: Asker): void {
    this.askers.delete(asker);
    if (this.askers.size === 0) this.forget();
  }

  private forget(): void {
    this.over = true;
    if (this.questions.get(this.key) === this) this.questions.delete(this.key);
  }
}
