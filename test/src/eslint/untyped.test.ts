import { expect } from "chai";
import { Linter } from "eslint";
import cosocket from "cosocket/eslint";

const CODE =
  "function* task(client) { try { client.send(1); } finally { yield* client.send(2); } }";

function look(rules: Linter.RulesRecord): Linter.LintMessage[] {
  return new Linter().verify(CODE, { plugins: { cosocket: { rules: cosocket.rules } }, rules });
}

describe("cosocket/eslint without types", () => {
  it("says of a file, once for all rules, what has to be set", () => {
    const { rules } = cosocket.configs.recommended;
    for (let file = 0; file < 2; file++) {
      const messages = look({ ...rules, "cosocket/no-waiting-in-finally": "off" });
      expect(messages).to.have.length(1);
      const [{ line, message }] = messages as [Linter.LintMessage];
      expect(line).to.equal(1);
      expect(message).to.include("parserOptions.projectService");
      expect(message).to.include("cosocket.configs.recommended");
    }
  });

  it("finds all of `yield*` in a `finally`", () => {
    const messages = look({ "cosocket/no-waiting-in-finally": "error" });
    expect(messages.map(({ messageId, column }) => [messageId, column])).to.deep.equal([
      ["lost", CODE.indexOf("yield*") + 1],
    ]);
  });
});

describe("the plugin", () => {
  it("has every rule in its recommended configuration but the one that is left to taste", () => {
    const recommended = Object.keys(cosocket.configs.recommended.rules);
    const all = Object.keys(cosocket.rules).map((name) => `cosocket/${name}`);
    expect(recommended).to.have.members(
      all.filter((name) => name !== "cosocket/no-ignored-errors"),
    );
    expect(cosocket.configs.recommended.plugins).to.have.property("cosocket", cosocket);
  });
});
