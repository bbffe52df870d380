/** What LuaSocket's url does otherwise than a reader of RFC 3986 expects, or than Lua. (The rest: test/luasocket-modules.test.ts) */
import { expect } from "chai";
import fc from "fast-check";
import { url } from "cosocket/url";

/** RFC 3986, 5.4, against http://a/b/c/d;p?q. */
const EXAMPLES: Record<string, string> = {
  "g:h": "g:h",
  g: "http://a/b/c/g",
  "./g": "http://a/b/c/g",
  "g/": "http://a/b/c/g/",
  "/g": "http://a/g",
  "//g": "http://g",
  "?y": "http://a/b/c/d;p?y",
  "g?y": "http://a/b/c/g?y",
  "#s": "http://a/b/c/d;p?q#s",
  "g#s": "http://a/b/c/g#s",
  "g?y#s": "http://a/b/c/g?y#s",
  ";x": "http://a/b/c/;x",
  "g;x": "http://a/b/c/g;x",
  "g;x?y#s": "http://a/b/c/g;x?y#s",
  "": "http://a/b/c/d;p?q",
  ".": "http://a/b/c/",
  "./": "http://a/b/c/",
  "..": "http://a/b/",
  "../": "http://a/b/",
  "../g": "http://a/b/g",
  "../..": "http://a/",
  "../../": "http://a/",
  "../../g": "http://a/g",
  "../../../g": "http://a/g",
  "../../../../g": "http://a/g",
  "/./g": "http://a/g",
  "/../g": "http://a/g",
  "g.": "http://a/b/c/g.",
  ".g": "http://a/b/c/.g",
  "g..": "http://a/b/c/g..",
  "..g": "http://a/b/c/..g",
  "./../g": "http://a/b/g",
  "./g/.": "http://a/b/c/g/",
  "g/./h": "http://a/b/c/g/h",
  "g/../h": "http://a/b/c/h",
  "g;x=1/./y": "http://a/b/c/g;x=1/y",
  "g;x=1/../y": "http://a/b/c/y",
  "g?y/./x": "http://a/b/c/g?y/./x",
  "g?y/../x": "http://a/b/c/g?y/../x",
  "g#s/./x": "http://a/b/c/g#s/./x",
  "g#s/../x": "http://a/b/c/g#s/../x",
  "http:g": "http:g",
};

/** What LuaSocket makes of some of them, which is of RFC 2396 and takes dots out of the whole. */
const OTHERWISE: Record<string, string> = {
  ";x": "http://a/b/c/d;x",
  "g?y/./x": "http://a/b/c/g?y/x",
  "g?y/../x": "http://a/b/c/x",
  "g#s/./x": "http://a/b/c/g#s/x",
  "g#s/../x": "http://a/b/c/x",
};

describe("url", () => {
  it("resolves the RFC's examples, but for those that LuaSocket resolves otherwise", () => {
    for (const [relative, meant] of Object.entries(EXAMPLES))
      expect(url.absolute("http://a/b/c/d;p?q", relative), relative).to.equal(
        OTHERWISE[relative] ?? meant,
      );
  });

  it("what is escaped is unescaped to what it was, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(url.escape(text)).to.match(/^(?:\w|%[0-9a-f]{2})*$/);
        expect(url.unescape(url.escape(text))).to.equal(text);
        const [segments, whole] = [[text, "x"], url.build_path([text, "x"])];
        if (text !== "") expect([...url.parse_path(whole)]).to.deep.equal(segments);
      }),
    );
  });

  it("bytes that are no UTF-8 stay escaped, and those around them do not", () => {
    for (const [escaped, meant] of [
      ["%41%e4%42", "A%e4B"],
      ["%c3%A4%C3", "ä%C3"],
      ["%e2%82", "%e2%82"],
      ["%ed%a0%80", "%ed%a0%80"],
      ["%f0%9f%98%80%80", "\u{1f600}%80"],
      ["%c0%80%00", "%c0%80\0"],
    ])
      expect(url.unescape(escaped!), escaped).to.equal(meant);
  });

  it("does work in proportion to what a peer sends, whatever that is", () => {
    // What takes the square of it ends in mocha's timeout.
    for (const part of ["/", "a/../", "a", "%e4"]) {
      const path = part.repeat(50_000);
      expect(url.absolute("http://a/b", path)).to.be.a("string");
      expect(url.parse(`//${path}`)[0]).to.have.property("authority");
      expect(url.unescape(path)).to.have.length(path.length);
    }
  });

  it("gives undefined for what a URL has not, and the rest has its defaults", () => {
    expect(url.parse("")).to.deep.equal([undefined, "invalid url", undefined]);
    expect(url.parse(undefined)).to.deep.equal([undefined, "invalid url", undefined]);
    const [parsed] = url.parse("//h/p", { scheme: "http", port: 80, path: "/" });
    expect(parsed).to.deep.equal({
      scheme: "http",
      authority: "h",
      host: "h",
      port: 80,
      path: "/p",
    });
  });

  it("misuse is told at the call", () => {
    const wrong = 5 as never;
    const misuse: [() => unknown, string][] = [
      [() => url.parse(wrong), "url.parse takes a string, not 5"],
      [() => url.parse("a", wrong), "url.parse takes the defaults as an object, not 5"],
      [() => url.build(wrong), "url.build takes the parts of a URL, not 5"],
      [() => url.absolute(wrong, "a"), "url.parse takes a string, not 5"],
      [() => url.absolute("", undefined), "url.absolute takes a URL"],
      [() => url.escape(wrong), "url.escape takes a string, not 5"],
      [() => url.unescape(wrong), "url.unescape takes a string, not 5"],
      [() => url.parse_path(wrong), "url.parse_path takes a string, not 5"],
      [() => url.build_path(wrong), "url.build_path takes an array of segments, not 5"],
      [() => url.build_path([wrong]), "url.build_path takes an array of segments"],
    ];
    for (const [call, text] of misuse) expect(call, text).to.throw(TypeError, text);
  });
});
