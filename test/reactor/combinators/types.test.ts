/** What the compiler knows of what combinators give; that this file compiles is the test. */
import { expect } from "chai";
import { sleep as effectionSleep, type Operation } from "effection";
import {
  all,
  allSettled,
  channel,
  each,
  event,
  race,
  type Result,
  sleep,
  socket,
  type Tcp,
  type Udp,
  within,
} from "cosocket";

function is<T>(_value: T): void {}

describe("the types of combinators", () => {
  it("narrow what within gives by `if (err)`, whatever the operation gives", () => {
    function* narrowing(client: Tcp, count: () => Operation<number>): Operation<void> {
      const [line, e1] = yield* within(1, client.receive("*l"));
      if (e1) return;
      is<string>(line);
      const [whole, e2] = yield* within(1, function* () {
        yield* sleep(1);
        return [yield* client.receive("*l")];
      });
      if (e2) return;
      is<Result<string, string>>(whole);
      const [number, e3] = yield* within(1, count);
      if (e3) return;
      is<number>(number);
      const [same, e4] = yield* within(1, count());
      if (e4) return;
      is<number>(same);
      const [, e5] = yield* within(1, function* () {
        yield* sleep(1);
      });
      if (e5) is<"timeout">(e5);
      const [, e6] = yield* within(1, effectionSleep(1));
      if (e6) is<"timeout">(e6);
      const [udp, name] = yield* within(1, function* () {
        const made = socket.udp();
        return [made, "a name"];
      });
      is<Udp | undefined>(udp);
      is<"a name" | "timeout">(name);
      const [last, e7] = yield* within(1, function* () {
        for (;;) {
          const [line, err] = yield* client.receive();
          if (err) return [undefined, err];
          if (line !== "") return [line];
        }
      });
      if (e7) return;
      is<string>(last);
      const [first, e8] = yield* within(1, race([client.receive("*l"), client.receive("*l")]));
      if (e8) return;
      is<string>(first);
      const [all_, e9] = yield* within(1, function* () {
        return [yield* all([client.receive("*l"), count])];
      });
      if (e9) return;
      is<[Result<string, string>, number]>(all_);
    }
    expect(narrowing).to.be.a("function");
  });

  it("keep the place of each operation in a list, and what a list of any length gives", () => {
    function* listing(
      client: Tcp,
      clients: Tcp[],
      count: () => Operation<number>,
    ): Operation<void> {
      const [[line, err], number, pair] = yield* all([
        client.receive("*l"),
        count,
        function* () {
          return ["x", 1];
        },
      ]);
      if (err) return;
      is<string>(line);
      is<number>(number);
      is<readonly ["x", 1]>(pair);
      const one = yield* race([
        count,
        function* () {
          return "s";
        },
      ]);
      is<number | "s">(one);
      const [won, failed] = yield* race(clients.map((each) => each.receive("*l")));
      if (failed) return;
      is<string>(won);
      const many = yield* all(
        clients.map(
          (each) =>
            function* () {
              const [line] = yield* each.receive("*l");
              return line;
            },
        ),
      );
      is<(string | undefined)[]>(many);
      const [settled] = yield* allSettled([count]);
      if (settled.ok) is<number>(settled.value);
      else is<Error>(settled.error);
      // @ts-expect-error no operation
      yield* race([5]);
      // @ts-expect-error a result: it was performed already
      yield* all([yield* client.receive("*l")]);
    }
    expect(listing).to.be.a("function");
  });

  it("know what comes out of events, channels and loops", () => {
    function* coming(client: Tcp): Operation<void> {
      is<string>(yield* event<string>().wait());
      is<void>(yield* event().wait());
      const numbers = channel<number>(1);
      const [number, err] = yield* numbers.receive();
      if (err) return is<"closed">(err);
      is<number>(number);
      for (const line of yield* each(client.lines())) is<string>(line);
      for (const block of yield* each(client.blocks(5))) is<Buffer>(block);
      for (const number of yield* each(numbers)) is<number>(number);
      // @ts-expect-error no number
      yield* numbers.send("text");
      // @ts-expect-error it has a value
      event<string>().set();
    }
    expect(coming).to.be.a("function");
  });
});
