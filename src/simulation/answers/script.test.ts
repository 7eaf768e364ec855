import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseScript } from "./script.ts";

describe("a script in a prompt", () => {
  test("calls tools in turns, and joined ones in one turn", () => {
    const { steps } = parseScript(
      'do it [[tool:Bash {"command":"ls"}]] then [[tool:Read {"path":"a"}]]&[[tool:Read {"path":"b"}]]',
    );
    assert.deepEqual(steps, [
      [{ name: "Bash", input: { command: "ls" } }],
      [
        { name: "Read", input: { path: "a" } },
        { name: "Read", input: { path: "b" } },
      ],
    ]);
  });

  test("may hold brackets and braces within a tool's input", () => {
    const { steps } = parseScript('[[tool:Bash {"command":"[[ -f a ]] && echo \\"}]]\\"","list":[[1],[2]]}]] rest');
    assert.deepEqual(steps[0]?.[0]?.input, { command: '[[ -f a ]] && echo "}]]"', list: [[1], [2]] });
  });

  test("gives a tool without input an empty one", () => {
    assert.deepEqual(parseScript("[[tool:ListAgents]]").steps, [[{ name: "ListAgents", input: {} }]]);
  });

  test("says, thinks, sets a length and refuses", () => {
    const script = parseScript("[[say:Hello there.]] [[think:Hm.]] [[tokens:12]] [[refuse]]");
    assert.equal(script.say, "Hello there.");
    assert.equal(script.think, "Hm.");
    assert.equal(script.tokens, 12);
    assert.equal(script.isRefusal, true);
  });

  test("is empty in a text without directives, closed or not", () => {
    const nothing = { steps: [], say: null, think: null, tokens: null, isRefusal: false };
    assert.deepEqual(parseScript("if [[ $a == b ]]; then"), nothing);
    assert.deepEqual(parseScript("[[say:never closed"), nothing);
  });
});
