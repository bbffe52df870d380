/** `socket.select`: wait for many objects at once. */
import { PENDING, Wait, type Pending, type Yieldable, shown } from "../../reactor/index.js";
import {
  engineOf,
  instead,
  isForeign,
  isSocketObject,
  seconds,
  type Selectable,
  standsForWhat,
  unwatch,
  watch,
} from "../object/index.js";

/** The objects that can be read from, those that can be written to, and "timeout" if there are none of either. */
export type Selected<R, W> = [readable: R[], writable: W[], error?: "timeout"];

class Select<R, W> extends Wait<Selected<R, W>> {
  readonly kind = "read";
  private readonly tell = (): void => this.wake();
  /** Whether Node has had a chance to poll: a timeout of 0 looks once, as the system's select does. */
  private polled = false;

  constructor(
    private readonly reading: readonly R[],
    private readonly writing: readonly W[],
    private readonly limit: number,
  ) {
    super();
  }
  get description(): string {
    return `select(${this.reading.length} to read, ${this.writing.length} to write)`;
  }
  protected override get block(): number {
    return this.limit === 0 && !this.polled ? Infinity : this.limit;
  }
  protected override get total(): number {
    return this.block;
  }
  protected override get holds(): boolean {
    return true;
  }

  protected attempt(): Selected<R, W> | Pending {
    const readable = this.reading.filter((object) => ready(object, "readable"));
    const writable = this.writing.filter((object) => ready(object, "writable"));
    return readable.length + writable.length > 0 ? [readable, writable] : PENDING;
  }
  protected override timedOut(): Selected<R, W> {
    return [[], [], "timeout"];
  }
  protected enlist(): void {
    for (const object of this.all) watch(object, this.tell);
  }
  private get all(): Selectable[] {
    return [...this.reading, ...this.writing].map(inside).filter((object) => object !== null);
  }
  override park(resumer: Parameters<Wait<unknown>["park"]>[0]): void {
    super.park(resumer);
    if (this.limit !== 0 || this.polled) return;
    this.polled = true;
    this.wakeAside();
  }
  protected leave(): void {
    this.polled = false;
    for (const object of this.all) unwatch(object, this.tell);
  }
}

/** What of an object is looked at; null: nothing, it is no socket. */
function inside(object: unknown): Selectable | null {
  if (isSocketObject(object)) return engineOf(object);
  const isObject = typeof object === "function" || (typeof object === "object" && object !== null);
  return isObject ? (standsForWhat(object) ?? null) : null;
}

function ready(object: unknown, how: "readable" | "writable"): boolean {
  const selectable = inside(object);
  return selectable !== null && selectable.selectable && selectable[how];
}

/** Closed ones and values that are no sockets are passed over, as in LuaSocket; a descriptor alone cannot be polled. */
function check(objects: unknown, which: string): void {
  if (objects === undefined || objects === null) return;
  if (!Array.isArray(objects))
    throw new TypeError(
      `select takes an array of objects to ${which}, or undefined, not ${shown(objects)}`,
    );
  for (const object of objects) {
    const { getfd } = (object ?? {}) as { getfd?: unknown };
    if (isForeign(object))
      throw new TypeError(`select takes objects to ${which}, not ${instead(object)}`);
    if (typeof getfd === "function" && inside(object) === null) {
      throw new TypeError(
        "select: Node cannot wait for the descriptor of a foreign object: make it one of ours with socket.fd or socket.stream",
      );
    }
  }
}

/** @see socket.select */
export function select<R = never, W = never>(
  recvt?: readonly R[] | null,
  sendt?: readonly W[] | null,
  timeout?: number,
): Yieldable<Selected<R, W>> {
  check(recvt, "read from");
  check(sendt, "write to");
  return new Select<R, W>(recvt ?? [], sendt ?? [], seconds(timeout, "select: the timeout"));
}
