import { expect } from "chai";
import { plot } from "../../bench/plot.js";
import { measured, results } from "./support.js";

/** The names of the elements of a document of XML, in their order; throws if it is not well-formed. */
function elements(xml: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const token =
    /<\/([\w-]+)>|<([\w-]+)((?: [\w-]+="[^"<&]*")*) ?(\/?)>|((?:[^<&]|&(?:amp|lt|gt|quot);)+)/y;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const [, closed, name, attributes, empty] = token.exec(xml) ?? [];
    if (token.lastIndex <= at) throw new Error(`not well-formed at: ${xml.slice(at, at + 80)}`);
    if (name !== undefined) {
      const given = [...attributes!.matchAll(/ ([\w-]+)=/g)].map(([, attribute]) => attribute);
      if (new Set(given).size !== given.length)
        throw new Error(`an attribute twice: ${attributes}`);
      names.push(name);
      if (empty === "") open.push(name);
    } else if (closed !== undefined && open.pop() !== closed) {
      throw new Error(`</${closed}> closes nothing`);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> is not closed`);
  return names;
}

const count = (names: string[], name: string): number =>
  names.filter((each) => each === name).length;

const point = (x: number, values: Record<string, number[]>) =>
  measured(values, { id: `curve@${x}`, curve: { id: "curve", title: "by x", x } });

describe("the plot of the benchmark", () => {
  it("is well-formed XML, whatever stands in titles", () => {
    const svg = plot(
      results(
        measured({ node: [1], go: [2], cosocket: [3] }, { title: '"*a" <&> more' }),
        point(1, { node: [1], cosocket: [2] }),
        point(10, { node: [2], cosocket: [20], go: [3] }),
      ),
    );
    const names = elements(svg);
    expect(names[0]).to.equal("svg");
    expect(count(names, "g")).to.equal(2);
    expect(count(names, "polyline")).to.equal(3);
    // One for each system, and the ground.
    expect(count(names, "rect")).to.equal(4);
    expect(svg)
      .to.include("Go &amp; &lt;bufio&gt;")
      .and.include("&quot;*a&quot; &lt;&amp;&gt; more");
  });

  it("has numbers everywhere, also for a single point, nothing at all, and memory that has shrunk", () => {
    for (const svg of [
      plot(results()),
      plot(results(point(1, { node: [5] }))),
      plot(results(measured({ node: [0], cosocket: [-1] }))),
      plot(results(point(1, { node: [-1], cosocket: [0] }), point(2, { node: [1] }))),
    ]) {
      elements(svg);
      expect(svg).to.not.match(/NaN|Infinity|undefined|="-\d/);
    }
  });

  it("shows the featured rows of a whole run, and all rows where none is featured", () => {
    const [one, other] = ["one", "other"].map((title) => measured({ node: [1] }, { title }));
    expect(plot(results(one!, other!)))
      .to.include(">one<")
      .and.include(">other<");
    const featured = plot(results({ ...one!, featured: true }, other!));
    expect(featured).to.include(">one<").and.not.include(">other<");
  });

  it("can be read on light and on dark pages: each colour of text and ground is told for both", () => {
    const svg = plot(results());
    expect(svg).to.match(/prefers-color-scheme: dark/);
    const [light, dark] = svg.split("@media") as [string, string];
    for (const selector of ["text", ".ground", "rect.peer", "rect.ours", ".grid"])
      for (const style of [light, dark]) expect(style).to.include(`${selector} {`);
  });
});
