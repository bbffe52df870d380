/** Datagrams of senders and receivers that are halted, raced and timed out at random turns: each arrives once, and whole. */
import { expect } from "chai";
import { ensure, type Operation } from "effection";
import { fork, type Fiber, sleep, socket, type Udp } from "cosocket";
import { reactor, systemClock } from "cosocket/reactor";
import { simulate } from "cosocket/testing";
import { current, type Network } from "../../../src/network/index.js";
import { Branches } from "../../support/branches.js";
import { Chaos } from "../../support/chaos.js";
import { programs } from "../../support/runs.js";

const branches = new Branches("a send times out", "a receive times out");

function* bound(): Operation<Udp> {
  const udp = socket.udp4();
  yield* ensure(() => void udp.close());
  socket.try(yield* udp.setsockname("127.0.0.1", 0));
  return udp;
}

class DatagramSocket {
  private readonly sent = new Set<string>();
  private readonly received = new Set<string>();

  constructor(
    private readonly chaos: Chaos,
    private readonly receiver: Udp,
  ) {}

  get done(): boolean {
    return this.received.size === this.sent.size;
  }

  *send(udp: Udp, connected: boolean): Operation<void> {
    const { chaos } = this;
    if (chaos.chance(0.5)) udp.settimeout(chaos.chance(0.3) ? 0 : chaos.seconds);
    else udp.settimeout();
    if (chaos.chance(0.1)) return void (yield* udp.flush());
    // Many in one turn, too: then it has to step aside.
    for (let more = chaos.chance(0.05) ? 40 : 1; more > 0; more--) {
      const text = `${this.sent.size}${"x".repeat(chaos.below(100))}`;
      this.sent.add(text);
      const [ip, port] = this.receiver.getsockname();
      const [bytes, error] = yield* connected
        ? udp.send(text)
        : udp.sendto(text, ip!, port as number);
      if (error) {
        branches.take("a send times out");
        expect(error).to.equal("timeout");
      } else expect(bytes).to.equal(text.length);
    }
  }

  *receive(): Operation<void> {
    const { chaos, receiver } = this;
    if (chaos.chance(0.5)) receiver.settimeout(chaos.chance(0.3) ? 0 : chaos.seconds);
    else receiver.settimeout(0.05);
    if (chaos.chance(0.1)) return void (yield* socket.select([receiver], [], chaos.seconds));
    const [datagram, error] = yield* chaos.chance(0.5)
      ? receiver.receive()
      : receiver.receivefrom();
    if (error === undefined || datagram !== undefined) this.took(datagram!.toString());
    else {
      branches.take("a receive times out");
      expect(error).to.equal("timeout");
    }
  }

  private took(text: string): void {
    expect(this.sent.has(text), `${text} was sent`).to.equal(true);
    expect(this.received.has(text), `${text} came before`).to.equal(false);
    this.received.add(text);
  }

  /** What is left; whoever waits now is not halted. */
  *rest(): Operation<void> {
    while (!this.done) {
      this.receiver.settimeout(1);
      const [datagram, error] = yield* this.receiver.receive();
      expect(error, `${this.sent.size - this.received.size} datagrams`).to.equal(undefined);
      this.took(datagram!.toString());
    }
  }
}

/** A system that takes its time, now and then, to tell what became of a datagram: a simulated one does so at once. */
function* slowToTell(chaos: Chaos): Operation<void> {
  const { network } = current;
  yield* ensure(() => void (current.network = network));
  const datagrams: Network["datagrams"] = (...args) => {
    const udp = network.datagrams(...args);
    const send = udp.send.bind(udp);
    udp.send = (bytes, port, address, done) => {
      const late = chaos.chance(0.8) ? 1000 * chaos.seconds : 0;
      send(bytes, port, address, late > 0 ? (error) => void setTimeout(done, late, error) : done);
    };
    return udp;
  };
  current.network = Object.assign(Object.create(network) as Network, { datagrams });
}

function* program(seed: number, longest: number): Operation<void> {
  const chaos = new Chaos(seed, longest);
  if (reactor.clock !== systemClock) yield* slowToTell(chaos);
  const receiver = yield* bound();
  const datagrams = new DatagramSocket(chaos, receiver);
  const fibers: Fiber[] = [];
  for (let i = chaos.below(5); i >= 0; i--) {
    const connected = chaos.chance(0.4);
    const udp = chaos.chance(0.5) ? yield* bound() : socket.udp4();
    yield* ensure(() => void udp.close());
    const [ip, port] = receiver.getsockname();
    if (connected) socket.try(yield* udp.setpeername(ip!, port as number));
    for (const body of [() => datagrams.send(udp, connected), () => datagrams.receive()])
      fibers.push(
        yield* fork(function* () {
          for (let steps = 2 + chaos.below(6); steps > 0; steps--) yield* chaos.disturb(body);
        }),
      );
  }
  for (const fiber of fibers) yield* fiber;
  yield* datagrams.rest();
  // What is told late is nobody's.
  yield* sleep(longest);
}

describe("a datagram of a fiber that is halted when it has stepped aside", () => {
  for (const connected of [true, false])
    it(`leaves all the same: ${connected ? "send" : "sendto"}`, () =>
      simulate({}, function* () {
        const receiver = yield* bound();
        const [ip, port] = receiver.getsockname() as [string, number, string];
        const udp = yield* bound();
        if (connected) socket.try(yield* udp.setpeername(ip, port));
        // So that it waits for nothing else.
        udp.settimeout(0);
        let [begun, done] = [0, 0];
        const busy = yield* fork(function* () {
          for (;;) {
            begun++;
            yield* connected ? udp.send("x") : udp.sendto("x", ip, port);
            done++;
          }
        });
        yield* sleep(0);
        yield* busy.halt();
        expect(begun).to.equal(done + 1);
        expect(udp.getstats()[1]).to.equal(begun);
      }));
});

describe("random halts of those that send and receive datagrams", () => {
  programs("lose and double none", program, 10);
  branches.allTaken();
});
