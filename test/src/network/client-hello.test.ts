import * as tls from "node:tls";
import { Duplex } from "node:stream";
import { expect } from "chai";
import { HelloReader, type Hello } from "../../../src/network/client-hello.js";

/** The first bytes of a client of Node's. */
function hello(options: tls.ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const under = new Duplex({
      read() {},
      write(chunk: Buffer, _, done) {
        resolve(chunk);
        done();
      },
    });
    tls.connect({ socket: under, ...options }).on("error", () => {});
  });
}

/** Its message in records of `size` bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.of(22, 3, 1, part.length >> 8, part.length & 255), part);
  }
  return Buffer.concat(records);
}

const clientHello = (bytes: Buffer): Hello => new HelloReader().push(bytes);

describe("the ClientHello before a handshake", () => {
  it("reads the name, lower case, or that there is none", async () => {
    expect(clientHello(await hello({ servername: "Some.Example" }))).to.deep.equal({
      name: "some.example",
    });
    const plain = await hello({ maxVersion: "TLSv1.2", ALPNProtocols: ["h2"] });
    expect(clientHello(plain)).to.deep.equal({ name: "" });
  });

  it("wants more until all is there, however it is cut", async () => {
    const bytes = await hello({ servername: "a.test", ALPNProtocols: ["x"] });
    for (const whole of [bytes, inRecords(bytes, 1), inRecords(bytes, 100)]) {
      for (const step of [1, 7, 64]) {
        const reader = new HelloReader();
        let at = 0;
        for (; at + step < whole.length; at += step)
          expect(reader.push(whole.subarray(at, at + step)), String(at)).to.equal("more");
        expect(reader.push(whole.subarray(at))).to.deep.equal({ name: "a.test" });
        expect(reader.bytes.equals(whole)).to.equal(true);
      }
      expect(clientHello(Buffer.concat([whole, Buffer.of(1, 2, 3)]))).to.deep.equal({
        name: "a.test",
      });
    }
  });

  it("leaves to OpenSSL what it cannot read, and never throws", async () => {
    expect(clientHello(Buffer.from("GET / HTTP/1.1\r\n"))).to.equal("other");
    expect(clientHello(Buffer.of(22, 3, 1, 0, 0))).to.equal("other");
    expect(clientHello(Buffer.of(22, 2))).to.equal("more");
    expect(clientHello(Buffer.of(22, 3, 1, 0, 4, 1, 255, 255, 255))).to.equal("other");
    const bytes = await hello({ servername: "a.test" });
    for (let at = 0; at < bytes.length; at++)
      for (const value of [0, 1, 127, 255]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        const found = clientHello(changed);
        expect(found === "more" || found === "other" || typeof found.name === "string").to.equal(
          true,
        );
      }
  });
});
