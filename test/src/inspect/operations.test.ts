import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { each, fork, serve, socket, type Tcp, within } from "cosocket";
import {
  operationChannels,
  type OperationEvent,
  snapshot,
  type SocketEvent,
  socketChannels,
} from "cosocket/inspect";
import { observer } from "cosocket/reactor";
import { settle, simulate } from "cosocket/testing";
import { check } from "../../support/check.js";
import { pair, portOf } from "../../support/pairs.js";

/** Lines of what is told until the caller ends. */
function* told(operations: string[] = operationChannels()): Operation<string[]> {
  const lines: string[] = [];
  for (const name of operations) {
    const write = (event: string) => (message: unknown) => {
      const { operation, domain, bytes, error } = message as OperationEvent;
      const what = bytes === undefined ? "" : ` ${bytes}`;
      lines.push(
        `${event} ${domain}.${operation}${what}${error === undefined ? "" : ` (${error})`}`,
      );
    };
    const events = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
    for (const event of events) {
      const listener = write(event);
      subscribe(`tracing:${name}:${event}`, listener);
      yield* ensure(() => void unsubscribe(`tracing:${name}:${event}`, listener));
    }
  }
  return lines;
}

describe("the tracing channels of operations", () => {
  it("tell of one that finishes at once by start and end, and of one that waits by asyncStart and asyncEnd", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const lines = yield* told();
      const receiving = yield* fork(() => served.receive());
      yield* settle();
      yield* client.send("hello\nhé\n");
      yield* receiving;
      yield* served.receive();
      expect(lines).to.deep.equal([
        "start tcp.receive",
        "end tcp.receive",
        "start tcp.send",
        "end tcp.send 10",
        "asyncStart tcp.receive 5",
        "asyncEnd tcp.receive 5",
        "start tcp.receive",
        "end tcp.receive 3",
      ]);
    }));

  it("tell of errors, and of what was halted", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const lines = yield* told();
      yield* within(0, () => client.receive());
      client.settimeout(0);
      yield* client.receive(4);
      served.close();
      client.settimeout();
      yield* client.receive(4);
      expect(lines.filter((line) => line.startsWith("error"))).to.deep.equal([
        "error tcp.receive (halted)",
        "error tcp.receive (timeout)",
        "error tcp.receive (closed)",
      ]);
      expect(lines.filter((line) => line.startsWith("start")).length).to.equal(3);
    }));

  it("tell of connecting, accepting, items of a stream, and datagrams", () =>
    check(function* () {
      const lines = yield* told();
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      const [served] = yield* server.accept();
      yield* client.send("a\nb\n");
      client.shutdown("send");
      for (const line of yield* each(served!.lines())) {
        expect(line).to.be.oneOf(["a", "b"]);
        yield* each.next();
      }
      const udp = socket.udp();
      yield* udp.setsockname("127.0.0.1", 0);
      yield* udp.sendto("xyz", "127.0.0.1", udp.getsockname()[1] as number);
      yield* udp.receive();
      const counted = (what: RegExp): number => lines.filter((line) => what.test(line)).length;
      for (const what of ["tcp.bind", "tcp.connect", "tcp.accept", "udp.send 3", "udp.receive 3"])
        expect(counted(new RegExp(`^(end|asyncEnd) ${what}`)), lines.join("\n")).to.be.at.least(1);
      expect(counted(/nd tcp.receive 1$/)).to.equal(2);
      for (const one of [client, served!, server, udp]) one.close();
    }));

  it("name a socket that has been connected by its addresses", () =>
    check(function* () {
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const channel = tracingChannel("cosocket.tcp.connect");
      let told = "";
      const listener = (message: unknown): void => void (told = (message as OperationEvent).name);
      channel.asyncEnd.subscribe(listener);
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      channel.asyncEnd.unsubscribe(listener);
      expect(told)
        .to.equal(String(client))
        .and.to.include(`->127.0.0.1:${portOf(server)}`);
      client.close();
      server.close();
    }));

  it("are free while nobody listens: nothing looks at operations any more when the last one has gone", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const before = observer;
      const channel = tracingChannel("cosocket.tcp.send");
      const listener = (): void => {};
      channel.start.subscribe(listener);
      expect(observer).to.not.equal(before);
      channel.start.unsubscribe(listener);
      yield* client.send("x\n");
      yield* served.receive();
      expect(observer).to.equal(before);
      const sending = client.send("x\n");
      yield* sending;
      expect(Object.hasOwn(sending, "next")).to.equal(false);
    }));

  it("go on telling after a simulation in which somebody has subscribed, and tell of both worlds", async () => {
    const seen: string[] = [];
    const listener = (event: unknown): void => void seen.push((event as OperationEvent).name);
    const { start } = tracingChannel("cosocket.tcp.send");
    await simulate({}, function* (world) {
      start.subscribe(listener);
      yield* world.host("server", function* () {
        const server = socket.try(yield* socket.bind("*", 7777));
        yield* serve(server, (client) => client.send("x\n"));
      });
      yield* socket.try(yield* socket.connect("server", 7777)).receive();
    });
    expect(seen).to.have.length(1);
    await check(function* () {
      const [client] = yield* pair();
      yield* client.send("x\n");
      expect(seen.at(-1)).to.match(/^tcp\{client\} 127\.0\.0\.1:/);
      start.unsubscribe(listener);
      yield* client.send("x\n");
      expect(seen).to.have.length(2);
    });
  });

  it("let an operation be performed again while somebody listens", () =>
    check(function* () {
      const [client, served] = yield* pair();
      const lines = yield* told(["cosocket.tcp.send"]);
      const sending = client.send("x\n");
      yield* sending;
      yield* sending;
      expect(yield* served.receive(4)).to.deep.equal([Buffer.from("x\nx\n")]);
      expect(lines.length).to.equal(4);
    }));
});

describe("the channels of sockets", () => {
  it("tell when one is open and when it is not any more, with its number and its bytes", () =>
    check(function* () {
      const lines: [string, SocketEvent][] = [];
      for (const [what, { name }] of Object.entries(socketChannels)) {
        const listener = (event: unknown): void => void lines.push([what, event as SocketEvent]);
        subscribe(name, listener);
        yield* ensure(() => void unsubscribe(name, listener));
      }
      const server = socket.try(yield* socket.bind("127.0.0.1", 0));
      const service = yield* fork(() =>
        serve(server, function* (client: Tcp) {
          yield* client.send((yield* client.receive())[0]!);
        }),
      );
      const client = socket.try(yield* socket.connect("127.0.0.1", portOf(server)));
      yield* client.send("abc\n");
      yield* client.receive("*a");
      const ids = snapshot().sockets.map(({ id }) => id);
      client.close();
      yield* service.halt();
      const of = (one: string, side: boolean): SocketEvent =>
        lines.find(([what, event]) => what === one && event.incoming === side)![1];
      expect(lines.filter(([what]) => what === "open").length).to.equal(3);
      expect(lines.filter(([what]) => what === "close").length).to.equal(3);
      expect(of("close", true)).to.include({
        received: 4,
        sent: 3,
        socket: of("open", true).socket,
      });
      expect(ids).to.include(of("open", false).socket);
    }));
});
