/** Properties that have other values for a while. */

export type Values = Readonly<Record<string, unknown>>;
type Newable = new () => unknown;

export class Replaced {
  private over = false;
  private readonly undo: (() => void)[] = [];

  put(object: object, values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      const real: unknown = Reflect.get(object, name);
      this.define(object, name, {
        value: this.forNow(value, real),
        configurable: true,
        writable: true,
      });
    }
  }

  define(object: object, name: PropertyKey, descriptor: PropertyDescriptor): void {
    const before = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, descriptor);
    this.undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(object, name);
      else Object.defineProperty(object, name, before);
    });
  }

  restore(): void {
    this.over = true;
    for (const restore of this.undo.reverse()) restore();
  }

  /** A module that is loaded meanwhile may keep it for ever: then it is the real one afterwards. */
  private forNow(value: unknown, real: unknown): unknown {
    if (typeof value !== "function" || typeof real !== "function") return value;
    const now = (): object => (this.over ? real : value);
    // Not of the function itself, whose properties may be fixed.
    return new Proxy(function () {}, {
      apply: (_, self, args) => Reflect.apply(now() as () => unknown, self, args) as unknown,
      construct: (_, args, self) => Reflect.construct(now() as Newable, args, self) as object,
      get: (_, key) => Reflect.get(now(), key) as unknown,
      has: (_, key) => Reflect.has(now(), key),
    });
  }
}
