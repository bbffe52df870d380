import { expect } from "chai";
import { type Operation } from "effection";
import { type Tcp, socket, within } from "cosocket";
import { ltn12 } from "cosocket/ltn12";
import { type Tp, tp } from "cosocket/tp";
import { check } from "../../support/check.js";
import { listening, portOf } from "../../support/pairs.js";

function* talk(): Operation<[control: Tp, server: Tcp]> {
  const listener = yield* listening();
  const control = socket.try(yield* tp.connect("127.0.0.1", portOf(listener)));
  return [control, socket.try(yield* listener.accept())];
}

describe("tp", () => {
  it("takes replies by patterns, by codes, and by a function", () =>
    check(function* () {
      const [control, server] = yield* talk();
      yield* server.send("250 a\r\n331-b\r\n331 c\r\n250 d\r\n550 no\r\n220 e\r\n230\r\n");
      expect(yield* control.check("2..")).to.deep.equal([250, "250 a"]);
      expect(yield* control.check(["2..", 331])).to.deep.equal([331, "331-b\n331 c"]);
      expect(yield* control.check("2%d%d")).to.deep.equal([250, "250 d"]);
      expect(yield* control.check("2..")).to.deep.equal([undefined, "550 no", undefined]);
      expect(yield* control.check((code, reply) => code + reply)).to.equal("220220 e");
      expect(yield* control.check(230)).to.deep.equal([230, "230"]);
      expect(() => control.check({} as never)).to.throw(TypeError, 'as "2.."');
      control.close();
      server.close();
    }));

  it("sends no command with a line break in it", () =>
    check(function* () {
      const [control, server] = yield* talk();
      for (const argument of ["a\r\nDELE b", "a\nb", "a\r"])
        expect((yield* control.command("retr", argument))[1]).to.equal("line break in a command");
      expect((yield* control.command("noop\r\nquit"))[1]).to.equal("line break in a command");
      yield* control.command("type", "i");
      control.close();
      expect(yield* server.receive("*a")).to.deep.equal(["TYPE i\r\n"]);
      server.close();
    }));

  it("sends no command with a character in it at which a server may cut", () =>
    check(function* () {
      const [control, server] = yield* talk();
      for (const [name, argument] of [
        ["retr", "a\0.txt"],
        ["retr", "\x1b[2J"],
        ["user", "me\v"],
        ["user", "\x7f"],
        ["noop\0"],
      ] as const) {
        const [, err] = yield* control.command(name, argument);
        expect(err).to.equal("control character in a command");
      }
      yield* control.command("retr", "caf\u00e9\t1");
      control.close();
      expect(yield* server.receive("*a")).to.deep.equal(["RETR caf\u00e9\t1\r\n"]);
      server.close();
    }));

  it("has an end to a reply that has none", () =>
    check(function* () {
      const [control, server] = yield* talk();
      const line = `250-${"x".repeat(60_000)}\r\n`;
      yield* server.send(line.repeat(20));
      expect((yield* control.check("2.."))[1]).to.equal("server reply too long");
      control.close();
      server.close();
    }));

  it("goes on with a reply in the midst of which it was halted, or out of time", () =>
    check(function* () {
      const [control, server] = yield* talk();
      yield* server.send("250-a\r\n25");
      expect((yield* within(0.001, () => control.check("2..")))[1]).to.equal("timeout");
      control.getcontrol().settimeout(0.001);
      expect((yield* control.check("2.."))[1]).to.equal("timeout");
      control.getcontrol().settimeout(5);
      yield* server.send("0 b\r\n");
      expect(yield* control.check("2..")).to.deep.equal([250, "250-a\n250 b"]);
      control.close();
      server.close();
    }));

  it("makes its socket by `create`, which gives an object, a result, or an operation", () =>
    check(function* () {
      const listener = yield* listening();
      const at = ["127.0.0.1", portOf(listener), undefined] as const;
      const failed = [undefined, "permission denied", undefined] as never;
      expect(yield* tp.connect(...at, () => failed)).to.deep.equal(failed);
      for (const create of [
        () => socket.tcp(),
        () => [socket.tcp()] as [Tcp],
        function* () {
          yield* socket.sleep(0);
          return socket.tcp();
        },
      ]) {
        const [control] = yield* tp.connect(...at, create);
        expect(control!.getpeername()[1]).to.equal(portOf(listener));
        expect(control!.getsockname()[1]).to.not.equal(portOf(listener));
        control!.close();
      }
    }));

  it("has sinks and sources", () =>
    check(function* () {
      const [control, server] = yield* talk();
      yield* server.send("a line\r\n");
      const [sink, lines] = ltn12.sink.table();
      expect(yield* control.sink(sink)).to.deep.equal([1]);
      expect(lines).to.deep.equal(["a line"]);
      expect(yield* control.source(ltn12.source.string("text"))).to.deep.equal([1]);
      expect((yield* control.source(ltn12.source.error("broken")))[1]).to.equal("broken");
      control.close();
      expect(yield* server.receive("*a")).to.deep.equal(["text"]);
      server.close();
    }));
});
