/** Two copies of the package in one program: what is said of an object that is not this copy's. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { serve, socket, type Tcp } from "cosocket";
import { copas } from "cosocket/copas";
import { check } from "../../support/check.js";
import { root } from "../../support/process.js";

describe("an object of another copy of the package", () => {
  let theirs: Tcp;

  before(async () => {
    // That which is not for tests.
    const copy = (await import(pathToFileURL(join(root, "dist/lib/index.js")).href)) as {
      socket: typeof socket;
    };
    expect(copy.socket).not.to.equal(socket);
    theirs = copy.socket.tcp();
  });

  it("is told as such by what takes sockets: select, serve, copas, and a method of ours", () =>
    check(function* () {
      const ours = socket.tcp();
      const uses = [
        () => socket.select([theirs], undefined, 0),
        () => serve(theirs, function* () {}),
        () => copas.settimeout(theirs, 1),
        () => Reflect.apply(ours.receive, theirs, []),
      ];
      for (const use of uses)
        expect(use).to.throw(TypeError, "tcp{master}, which is from another copy of cosocket");
    }));

  it("is told from what is no socket at all", () => {
    expect(() => copas.settimeout({} as Tcp)).to.throw(TypeError, "takes a socket, not an empty");
  });
});
