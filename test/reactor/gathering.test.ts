import { expect } from "chai";
import { Gathering } from "../../reactor/gathering.js";

/** How many of so many arrivals in one poll wait for each other. */
function poll(gathering: Gathering, arrivals: number): number {
  let waiting = 0;
  for (let i = 0; i < arrivals; i++) if (gathering.waits()) waiting++;
  if (waiting > 0) gathering.done();
  return waiting;
}

describe("what arrives in one poll of the kernel", () => {
  it("has one turn where much arrives", () => {
    const gathering = new Gathering();
    for (let i = 0; i < 10; i++) expect(poll(gathering, 50)).to.equal(50);
  });

  it("has a turn each where little arrives, but for one in 65, that looks again", () => {
    const gathering = new Gathering();
    const waited = Array.from({ length: 131 }, () => poll(gathering, 1));
    const looked = waited.flatMap((count, i) => (count === 1 ? [i] : []));
    expect(looked).to.deep.equal([0, 65, 130]);
  });

  it("has one turn again soon after it has become much", () => {
    const gathering = new Gathering();
    poll(gathering, 1);
    expect(poll(gathering, 50)).to.equal(0);
    expect(poll(gathering, 50)).to.equal(36);
    expect(poll(gathering, 50)).to.equal(50);
  });
});
