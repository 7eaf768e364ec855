import assert from "node:assert/strict";
import { test } from "node:test";
import { routerMs } from "./record.ts";

const authenticate = { name: "authenticate", startedAfterMs: 0, durationMs: 1 } as const;

test("neither a provider nor a client that sends slowly is the router's own time", () => {
  const receive = { name: "receive", startedAfterMs: 1, durationMs: 900 } as const;
  const read = { name: "read", startedAfterMs: 901, durationMs: 4 } as const;
  assert.equal(routerMs({ durationMs: 2_000, providerMs: 1_090, steps: [authenticate, receive, read] }), 10);
  assert.equal(routerMs({ durationMs: 2_000, providerMs: 1_990 }), 10);
});

test("of a call whose body never came whole, only the time before it is", () => {
  assert.equal(routerMs({ durationMs: 30_000, providerMs: 0, steps: [authenticate] }), 1);
});
