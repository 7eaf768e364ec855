/** Providers are probed where that is wanted, and nowhere else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitUntil } from "../kit/wait-until.ts";
import { ask, read, startMonitoredRouter } from "./monitored-router.ts";

test("a provider's list of models tells of trouble before calls do, where probes are wanted", async (t) => {
  const bench = await startMonitoredRouter(t, { monitoring: { probeEveryMs: 20 } });
  bench.simulated.anthropic.behave({ fault: { kind: "status", status: 500 }, faultPaths: "all" });
  const health = async (): Promise<
    readonly { name: string; status: string; lastError: { message: string } | null }[]
  > => read(bench, "/api/providers/health");
  const sick = await waitUntil("the score has fallen", async () =>
    (await health()).find((one) => one.name === "anthropic" && one.status === "unhealthy"),
  );
  assert.notEqual(sick.lastError, null);
  assert.ok((await health()).some((one) => one.name === "openai" && one.status === "healthy"));
  const asked = bench.simulated.anthropic.requests;
  assert.ok(asked.length > 0 && asked.every(({ method }) => method === "GET"));
});

test("without a wish for probes nothing is sent to a provider", async (t) => {
  const bench = await startMonitoredRouter(t);
  await ask(bench, "openai/gpt-4.1");
  assert.equal(bench.simulated.anthropic.requests.length, 0);
});
