import assert from "node:assert/strict";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import { createSimulatedProvider } from "../create-simulated-provider.ts";
import type { SampleCall } from "./sample-traffic.ts";
import { runSampleTraffic } from "./sample-traffic.ts";
import { sampleUsers } from "./sample-users.ts";

/** The people whose models the simulated Anthropic has. */
const users = sampleUsers.filter(({ models }) => models.every((model) => model.startsWith("claude-")));

test("people ask, use tools, count, press Esc and err; a strict provider takes all but the errors", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", keepRequests: 5000 });
  t.after(() => provider.close());
  const calls: SampleCall[] = [];
  const totals = await runSampleTraffic({
    url: provider.origin,
    tasksPerMinute: 60_000,
    maxTasks: 250,
    users,
    signal: new AbortController().signal,
    onCall: (call) => calls.push(call),
  });
  assert.equal(totals.tasks, 250);
  assert.equal(totals.calls, totals.whole + totals.refused + totals.broken + totals.left);
  assert.equal(totals.broken, 0);
  const wrong = provider.requests.filter(({ body }) => toJsonObject(body)["max_tokens"] === -1);
  assert.equal(totals.refused, wrong.length, "only the mistaken requests are refused");
  assert.ok(wrong.length > 0);
  const lengths = provider.requests.map(({ body }) => toJsonArray(toJsonObject(body)["messages"]).length);
  assert.ok(Math.max(...lengths) > 6, "sessions grow");
  assert.ok(provider.requests.some(({ bodyText }) => bodyText.includes("tool_result")));
  assert.ok(provider.requests.some(({ path }) => path.includes("count_tokens")));
  assert.deepEqual(new Set(calls.map(({ user }) => user)), new Set(users.map(({ name }) => name)));
});

test("it stops at once when told, and outlives a router that is away", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { fault: { kind: "hang" } } });
  t.after(() => provider.close());
  const stop = new AbortController();
  const running = runSampleTraffic({
    url: provider.origin,
    tasksPerMinute: 6000,
    users,
    signal: stop.signal,
    onCall: ({ end }) => {
      // The first broken call comes from the server's end; the traffic must go on until it is stopped.
      if (end === "broken") stop.abort();
    },
  });
  setTimeout(() => void provider.stopListening(), 100).unref();
  const totals = await running;
  assert.ok(totals.broken > 0);
});

test("calls that its own end cuts off count as left, none as broken", async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { tokensPerSecond: 1 } });
  t.after(() => provider.close());
  const stop = new AbortController();
  const signal = stop.signal;
  const running = runSampleTraffic({ url: provider.origin, tasksPerMinute: 60_000, maxTasks: 5, users, signal });
  while (provider.requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  const { left, broken } = await running;
  assert.ok(left > 0);
  assert.equal(broken, 0);
});
