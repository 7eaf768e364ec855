import assert from "node:assert/strict";
import { test } from "node:test";
import { createAffinity } from "./affinity.ts";

const target = { provider: "groq", model: "llama" };

test("a session's target is remembered for its time to live, for each rule apart", () => {
  const affinity = createAffinity({ ttlMs: 100, maxSessions: 10 });
  affinity.remember("s", "think", target, 0);
  assert.equal(affinity.find("s", "think", 99), target);
  assert.equal(affinity.find("s", "think", 100), null);
  assert.equal(affinity.find("s", "other", 0), null);
});

test("the session that was silent longest makes room", () => {
  const affinity = createAffinity({ ttlMs: 1000, maxSessions: 2 });
  affinity.remember("a", "r", target, 0);
  affinity.remember("b", "r", target, 1);
  affinity.remember("a", "r", target, 200);
  affinity.remember("c", "r", target, 201);
  assert.equal(affinity.size(), 2);
  assert.equal(affinity.find("b", "r", 201), null);
  assert.equal(affinity.find("a", "r", 201), target);
});
