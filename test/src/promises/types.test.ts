/** What the compiler must accept and refuse of cosocket/promises; that this file compiles is the test. */
/* eslint-disable @typescript-eslint/no-unused-vars -- for their types only */
import { expect } from "chai";
import type * as operations from "cosocket";
import type { Linger, Result, SocketError } from "cosocket";
import {
  promised,
  run,
  serve,
  sleep,
  socket,
  type Stream,
  type Tcp,
  type Udp,
  type Unix,
} from "cosocket/promises";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(equal: Equal<A, B>): void {
  expect(equal).to.equal(true);
}

describe("types of cosocket/promises", () => {
  it("narrow by `if (err)`, as those of operations", () => {
    const narrowing = async (client: Tcp, signal: AbortSignal): Promise<unknown> => {
      const [line, err, partial] = await client.receive("*l", { signal });
      if (err) {
        same<typeof err, SocketError>(true);
        same<typeof partial, string>(true);
        return partial;
      }
      same<typeof line, string>(true);
      const [block, failure, rest] = await client.receive(5);
      if (failure) return rest.toString();
      same<typeof block, Buffer>(true);
      const [accepted, none] = await client.accept({ signal });
      if (none) return none;
      same<typeof accepted, Tcp>(true);
      const [connected, refused] = await socket.connect("127.0.0.1", 1, { signal });
      if (refused) return refused;
      same<typeof connected, Tcp>(true);
      const [secure, wrong] = await client.dohandshake({ verify: "none" }, 5, { signal });
      if (wrong) return wrong;
      same<typeof secure, Tcp>(true);
      const [ip, port] = client.getpeername();
      if (ip === undefined) same<typeof port, SocketError>(true);
      else same<typeof port, number>(true);
      const [piece, broken] = await client.receiveuntil("x")(5);
      if (broken) return broken;
      same<typeof piece, Buffer | undefined>(true);
      const linger = client.getoption("linger");
      same<typeof linger, Result<Linger>>(true);
      return [line, block, accepted, connected, secure, piece, port];
    };
    expect(narrowing).to.be.a("function");
  });

  it("map objects both ways", () => {
    const objects = async (unix: Unix, udp: Udp, stream: Stream): Promise<void> => {
      const [served, err] = await unix.accept();
      if (!err) same<typeof served, Unix>(true);
      same<typeof unix.operations, operations.Unix>(true);
      same<ReturnType<typeof socket.stream>, Stream>(true);
      same<ReturnType<typeof socket.udp4>, Udp>(true);
      const [datagram, ip, port] = await udp.receivefrom();
      if (datagram !== undefined) same<[typeof ip, typeof port], [string, number]>(true);
      const tcp = promised({} as operations.Tcp);
      same<typeof tcp, Tcp>(true);
      for await (const line of stream.lines()) same<typeof line, string>(true);
      for await (const block of stream.blocks(5)) same<typeof block, Buffer>(true);
      const [readable] = await socket.select([unix, udp]);
      same<typeof readable, (Unix | Udp)[]>(true);
      const [addresses] = await socket.dns.getaddrinfo("localhost");
      same<typeof addresses, operations.AddressInfo[] | undefined>(true);
      const [line, error] = await run(() => tcp.operations.receive());
      if (!error) same<typeof line, string>(true);
      await sleep(1);
    };
    expect(objects).to.be.a("function");
  });

  it("give handlers the class that is served", () => {
    const serving = (tcp: Tcp, unix: Unix, udp: Udp, signal: AbortSignal): unknown => [
      serve(tcp, async (client) => same<typeof client, Tcp>(true), { signal, grace: 5 }),
      serve(unix, async (client, context) => {
        same<typeof client, Unix>(true);
        same<typeof context.signal, AbortSignal>(true);
      }),
      serve(udp, (object) => same<typeof object, Udp>(true), { errorhandler: (_, fiber) => fiber }),
    ];
    expect(serving).to.be.a("function");
  });

  it("refuse what would throw, and what mixes both worlds", () => {
    const misuse = async (client: Tcp, other: operations.Tcp): Promise<void> => {
      // @ts-expect-error no such pattern
      await client.receive("*x");
      // @ts-expect-error no such option
      await client.receive("*l", { sginal: undefined });
      // @ts-expect-error no signal
      await client.receive("*l", { signal: 5 });
      // @ts-expect-error a number is no data
      await client.send(5);
      // @ts-expect-error that one gives operations
      await other.receive(); // eslint-disable-line cosocket/no-misused-operations
      // @ts-expect-error a promised object is no object with operations
      other = client;
      // @ts-expect-error and the other way round
      client = other;
      // @ts-expect-error a promise is no result
      const [line] = client.receive();
      void line;
    };
    expect(misuse).to.be.a("function");
  });
});
