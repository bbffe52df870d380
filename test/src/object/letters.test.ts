import { expect } from "chai";
import { socket, type TextPattern, type TimeoutMode } from "cosocket";
import { systemClock } from "cosocket/reactor";
import { check } from "../../support/check.js";
import { pair } from "../../support/pairs.js";

describe("the first letter", () => {
  it("of a pattern counts, after an optional *, as in LuaSocket", () =>
    check(function* () {
      const [client, served] = yield* pair();
      yield* served.send("a\rb\n".repeat(7) + "rest");
      for (const pattern of ["*l", "*line", "l", "line", "*lx"] as TextPattern[])
        expect(yield* client.receive(pattern), pattern).to.deep.equal(["ab"]);
      for (const pattern of ["*L", "L"] as const)
        expect(yield* client.receive(pattern), pattern).to.deep.equal(["a\rb\n"]);
      served.shutdown("send");
      expect(yield* client.receive("all")).to.deep.equal(["rest"]);
      for (const wrong of ["", "*", "**l", "x", "*n", " l", "5x"] as never[])
        expect(() => client.receive(wrong), wrong).to.throw(TypeError, "invalid receive pattern");
      expect(() => client.receive("line", Buffer.from("x") as never)).to.throw(
        TypeError,
        "the prefix must be a string",
      );
    }));

  it("of a timeout's mode counts", () => {
    const client = socket.tcp();
    client.settimeout(1, "block");
    client.settimeout(2, "total");
    expect(client.gettimeout()).to.deep.equal([1, 2]);
    client.settimeout(3, "realtime" as TimeoutMode);
    expect(client.gettimeout()).to.deep.equal([1, 3]);
    for (const wrong of ["", "x", "T", null, 5] as never[])
      expect(() => client.settimeout(1, wrong), String(wrong)).to.throw(
        TypeError,
        "invalid timeout mode",
      );
  });
});

describe("gettime", () => {
  it("is the wall clock, never goes back, and tells apart what happens within a millisecond", () => {
    const times = Array.from({ length: 20_000 }, () => socket.gettime());
    expect(Math.abs(times[0]! - Date.now() / 1000)).to.be.lessThan(60);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1]!)).to.equal(true);
    expect(new Set(times.map((time) => (time * 1000) % 1)).size).to.be.greaterThan(10);
  });

  it("follows when the wall clock is set", () => {
    const { now } = Date;
    try {
      for (const jump of [3_600_000, -7_200_000, 0]) {
        Date.now = () => now() + jump;
        expect(Math.abs(systemClock.time() * 1000 - Date.now())).to.be.lessThan(1000);
      }
    } finally {
      Date.now = now;
    }
  });
});
