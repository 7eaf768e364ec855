import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTarget } from "./target.ts";

test("a target is called by its provider and its model, also one of many thousands", () => {
  const part = fc.string({ maxLength: 3 });
  fc.assert(
    fc.property(part, part, (provider, model) => {
      assert.equal(formatTarget({ provider, model }), `${provider}/${model}`);
    }),
  );
  const nameOf = (index: number): string => formatTarget({ provider: "p", model: `m${index}` });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 12_000; index++) assert.equal(nameOf(index), `p/m${index}`);
  }
});
