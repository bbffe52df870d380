/** What cosocket/promises has of all that there is in cosocket. (Of the declarations: test/surface.test.ts) */
import { expect } from "chai";
import * as operations from "cosocket";
import * as promises from "cosocket/promises";
import type { OperationNames } from "../../../src/promises/methods.js";

/** Of an object, the operations that have no promise. */
type Missing<O, P> = {
  [Name in OperationNames<O>]: Name extends keyof P
    ? P[Name] extends (...args: never) => Promise<unknown>
      ? never
      : Name
    : Name;
}[OperationNames<O>];

function none<Names extends never>(...names: Names[]): void {
  expect(names).to.deep.equal([]);
}

describe("cosocket/promises", () => {
  it("has in each object all that the one with operations has, by the prototypes, and gives promises where that gives operations", async () => {
    const { socket } = operations;
    const pairs = [socket.tcp(), socket.unix(), socket.udp()].map(
      (object) => [object, promises.promised(object as operations.Tcp)] as const,
    );
    for (const [object, promised] of pairs)
      for (
        let of: object = object;
        of !== Object.prototype;
        of = Object.getPrototypeOf(of) as object
      )
        for (const key of Reflect.ownKeys(of))
          if (key !== "constructor")
            expect(key in promised, `${String(key)} of ${String(object)}`).to.equal(true);
    const [, tcp] = pairs[0]!;
    for (const promise of [tcp.connect("127.0.0.1", 1), tcp.setpeername("127.0.0.1", 1)]) {
      expect(promise).to.be.instanceOf(Promise);
      await promise;
    }
  });

  it("has in its namespace all that `socket` has, functions of functions, too", () => {
    const walk = (from: object, to: object, path: string): void => {
      for (const key of Reflect.ownKeys(from)) {
        const [one, other] = [from, to].map((of) => (of as Record<PropertyKey, unknown>)[key]);
        if (["length", "name", "prototype"].includes(String(key))) continue;
        expect(typeof other, `${path}.${String(key)}`).to.equal(typeof one);
        if (typeof one === "object" && one !== null) walk(one, other as object, String(key));
        else if (typeof one === "function") walk(one, other as object, String(key));
      }
    };
    walk(operations.socket, promises.socket, "socket");
  });

  it("has types that leave no operation out: this compiles", () => {
    none<Missing<operations.Tcp, promises.Tcp>>();
    none<Missing<operations.Unix, promises.Unix>>();
    none<Missing<operations.Udp, promises.Udp>>();
    none<Missing<operations.Stream, promises.Stream>>();
    none<Missing<typeof operations.socket, typeof promises.socket>>();
    none<Missing<typeof operations.socket.dns, typeof promises.socket.dns>>();
    // And it would see one: an operation whose promised function gave an operation.
    // @ts-expect-error `receive` is missing
    none<Missing<operations.Tcp, operations.Tcp>>();
  });
});
