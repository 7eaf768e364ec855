import assert from "node:assert/strict";
import { test } from "node:test";
import { changeBehaviour, chooseFault, defaultBehaviour } from "./behaviour.ts";
import { createRandom } from "./random.ts";

test("a change keeps the fields that it does not name", () => {
  const changed = changeBehaviour({ ...defaultBehaviour, firstTokenMs: 5 }, { tokensPerSecond: 50 });
  assert.deepEqual(changed, { ...defaultBehaviour, firstTokenMs: 5, tokensPerSecond: 50 });
});

test("a wrong change is refused by the field's name", () => {
  assert.throws(() => changeBehaviour(defaultBehaviour, { tokensPerSecond: -1 }), /tokensPerSecond/);
  assert.throws(() => changeBehaviour(defaultBehaviour, { tokenPerSecond: 1 }), /tokenPerSecond/);
  assert.throws(() => changeBehaviour(defaultBehaviour, { fault: { kind: "explode" } }), /fault/);
});

test("failures come in their shares, the same ones from the same seed", () => {
  const behaviour = {
    ...defaultBehaviour,
    failures: [
      { status: 500, ratio: 0.2 },
      { status: 429, ratio: 0.1 },
    ],
  };
  const run = (): (number | null)[] => {
    const random = createRandom(7);
    return Array.from({ length: 2000 }, () => {
      const fault = chooseFault(behaviour, random);
      return fault?.kind === "status" ? fault.status : null;
    });
  };
  const statuses = run();
  const share = (status: number): number => statuses.filter((one) => one === status).length / statuses.length;
  assert.ok(Math.abs(share(500) - 0.2) < 0.03, `500: ${share(500)}`);
  assert.ok(Math.abs(share(429) - 0.1) < 0.03, `429: ${share(429)}`);
  assert.deepEqual(run(), statuses);
});
