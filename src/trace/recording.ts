/** A recording: a tracer that listens, and where what it hears is kept. */
import { type Alarm, reactor, systemClock } from "../../reactor/index.js";
import type { About, Part } from "./chrome.js";
import { listen, type Told } from "./listen.js";
import { FileStore, type Output, type Ring, type Store } from "./store.js";
import { Tracer, type TracerOptions } from "./tracer.js";

/** A trace that is being recorded. `using` stops it. */
export interface Recording extends Disposable {
  /**
   * End it. The file is complete then. Calling it again does nothing.
   *
   * @example
   * const recording = record("run.json");
   * recording.stop();
   */
  stop(): void;
  readonly stopped: boolean;
  /**
   * Chrome's JSON of what there is until now, or until it was stopped: what the limits have kept. Of a recording that writes into a file without
   * limits it is empty: there it is in the file.
   *
   * @example console.log(record().text().length);
   */
  text(): string;
}

/** What is recorded: in the real world, or in a simulated one. */
export interface Subject extends TracerOptions, Told {
  about: About;
  /** It is one of several. */
  part?: Part;
}

/** Into a file as it comes. */
export function recordAll(subject: Subject, output: Output): Started {
  const store = new FileStore(output, subject.about, subject.part);
  const finish = (tracer: Tracer): void => store.end(tracer.pending());
  const started = new Started(subject, store, () => "", finish, true);
  const { tracer } = started;
  started.repeat(() => store.flush(tracer.recent, tracer.underWay));
  return started;
}

/** What a ring keeps, and into a file at the end. */
export function recordLast(subject: Subject, ring: Ring, output: Output | null = null): Started {
  let final: string | null = null;
  const { about, part } = subject;
  const text = (tracer: Tracer): string => final ?? ring.text(about, tracer.pending(), part);
  const finish = (tracer: Tracer): void => {
    final = text(tracer);
    output?.end(final);
  };
  return new Started(subject, ring, text, finish, output !== null);
}

/** Seconds between two flushes, at least, and how many times as long as one takes. */
const PERIOD = 0.25;
const PAUSES = 50;

export class Started implements Recording {
  readonly tracer: Tracer;
  readonly #unlisten: () => void;
  #alarm: Alarm | null = null;
  #stopped = false;

  constructor(
    subject: Subject,
    store: Store,
    private readonly textOf: (tracer: Tracer) => string,
    private readonly finish: (tracer: Tracer) => void,
    atExit: boolean,
  ) {
    this.tracer = new Tracer(store, subject);
    this.#unlisten = listen(this.tracer, subject);
    // What a process that ends has not stopped is complete, too.
    if (atExit) process.on("exit", this.stop);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Bound: it is a listener, too. */
  readonly stop = (): void => {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#leave();
    this.finish(this.tracer);
  };

  /** Until it is stopped; it does not keep the process alive. In a simulation time is virtual, and nothing is killed. */
  repeat(flush: () => void, delay = PERIOD): void {
    const { clock } = reactor;
    if (clock !== systemClock) return;
    this.#alarm = clock.setAlarm(() => {
      const begun = clock.now();
      flush();
      this.repeat(flush, Math.max(PERIOD, PAUSES * (clock.now() - begun)));
    }, delay);
    this.#alarm.hold(false);
  }

  #leave(): void {
    process.off("exit", this.stop);
    this.#alarm?.cancel();
    this.#unlisten();
  }

  /** Somebody else writes the file. */
  discard(): void {
    this.#leave();
    this.#stopped = true;
  }

  text(): string {
    return this.textOf(this.tracer);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
