/** Pushing and popping, as operations: small ones, where they will probably not have to wait. */
import {
  type Pending,
  QueuedWait,
  TryFirst,
  type WaitList,
  type Yieldable,
} from "../../reactor/index.js";
import type { Claims } from "./claims.js";
import { type Refused, refused } from "./waiting.js";

/** What `push` gives. */
export type Pushed =
  [true, error?: undefined, rest?: undefined] | Refused<"timeout" | "stopping" | "destroyed">;
/** What `pop` gives: the item, or why there is none. */
export type Popped<T> =
  [item: T, error?: undefined, rest?: undefined] | Refused<"timeout" | "destroyed">;

/** What they need of a queue. `first`: nobody came before, or there is enough for all. */
interface Items<T> {
  readonly name: string;
  put(item: T, first: boolean): Pushed | Pending;
  take(first: boolean): Popped<T> | Pending;
}

/** @param room whether there is any now */
export function pushing<T>(
  queue: Items<T>,
  item: T,
  pushers: WaitList,
  limit: number,
  room: boolean,
): Yieldable<Pushed> {
  return room
    ? new PushWithRoom(queue, item, pushers, limit)
    : new Push(queue, item, pushers, limit);
}

/** @param filled whether there are items now */
export function popping<T>(
  queue: Items<T>,
  poppers: Claims,
  limit: number,
  filled: boolean,
): Yieldable<Popped<T>> {
  return filled ? new PopFilled(queue, poppers, limit) : new Pop(queue, poppers, limit);
}

class PushWithRoom<T> extends TryFirst<Pushed> {
  constructor(
    private readonly queue: Items<T>,
    private readonly item: T,
    private readonly pushers: WaitList,
    private readonly limit: number,
  ) {
    super();
  }
  get description(): string {
    return `${this.queue.name}:push`;
  }
  protected attempt(): Pushed | Pending {
    return this.queue.put(this.item, this.pushers.empty);
  }
  protected waiting(): Push<T> {
    return new Push(this.queue, this.item, this.pushers, this.limit);
  }
}

class PopFilled<T> extends TryFirst<Popped<T>> {
  constructor(
    private readonly queue: Items<T>,
    private readonly poppers: Claims,
    private readonly limit: number,
  ) {
    super();
  }
  get description(): string {
    return `${this.queue.name}:pop`;
  }
  protected attempt(): Popped<T> | Pending {
    return this.queue.take(this.poppers.spare(1));
  }
  protected waiting(): Pop<T> {
    return new Pop(this.queue, this.poppers, this.limit);
  }
}

class Push<T> extends QueuedWait<Pushed> {
  constructor(
    private readonly queue: Items<T>,
    private readonly item: T,
    pushers: WaitList,
    limit: number,
  ) {
    super(pushers, limit);
  }
  get description(): string {
    return `${this.queue.name}:push`;
  }
  protected acquire(first: boolean): Pushed | Pending {
    return this.queue.put(this.item, first);
  }
  protected override timedOut(): Pushed {
    return refused("timeout");
  }
}

class Pop<T> extends QueuedWait<Popped<T>> {
  readonly wanted = 1;
  constructor(
    private readonly queue: Items<T>,
    poppers: Claims,
    limit: number,
  ) {
    super(poppers, limit);
  }
  get description(): string {
    return `${this.queue.name}:pop`;
  }
  protected acquire(first: boolean): Popped<T> | Pending {
    return this.queue.take(first);
  }
  protected override timedOut(): Popped<T> {
    return refused("timeout");
  }
}
