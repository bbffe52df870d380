/**
 * Texts of one turn were put together and encoded as one, while their bytes were counted one by one: a pair that was cut over two sends was 3 and 3
 * bytes as told, and 4 as sent. What ends in half a pair is encoded by itself.
 */
import { expect } from "chai";
import { check } from "../support/check.js";
import { pair } from "../support/pairs.js";

describe("013: a surrogate pair in two sends", () => {
  it("a send counts the bytes that leave also where a surrogate pair is cut", () =>
    check(function* () {
      const [client, served] = yield* pair();
      expect(yield* client.send("\ud83d")).to.deep.equal([3]);
      expect(yield* client.send("\ude00")).to.deep.equal([3]);
      expect(yield* client.send("\u00e4\ud83d")).to.deep.equal([5]);
      expect(yield* client.send("\ude00\n")).to.deep.equal([4]);
      client.close();
      expect(yield* served.receive(Infinity)).to.deep.equal([
        Buffer.from("\ufffd\ufffd\u00e4\ufffd\ufffd\n"),
      ]);
    }));
});
