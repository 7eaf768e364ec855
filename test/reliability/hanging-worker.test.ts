/** A worker that stops to answer for good, of which its parent takes half a minute to be sure; and a parent that is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../src/core/json/json.ts";
import { processIdentity } from "../../src/core/process-identity.ts";
import { startRouter } from "../kit/router-process.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { moneySettings, startProvider } from "../money/money-router.ts";

test("a worker that hangs for good: it is killed after half a minute and replaced, the other one serves on", async (t) => {
  const configuration = moneySettings(await startProvider(t), { server: { workers: 2, port: 0 } }) as JsonObject;
  const router = await startRouter(t, { configuration, deadlineMs: 30_000 });
  // A kept connection may be the stopped worker's.
  const workers = async (): Promise<readonly number[]> => {
    const answer = await fetch(`${router.url}/livez`, { signal: AbortSignal.timeout(5_000) });
    return ((await answer.json()) as { workers: number[] }).workers;
  };
  const [first = 0, second = 0] = await workers();
  process.kill(first, "SIGSTOP");
  const pids = await waitUntil(
    "another one serves",
    async () => {
      const now = await workers().catch((): readonly number[] => []);
      return now.length === 2 && !now.includes(first) && now;
    },
    90_000,
  );
  assert.ok(pids.includes(second));
  assert.equal(processIdentity(first), null);
  // Its line may come behind the answer that names the new worker: lines are written some at a time.
  await waitUntil("the log tells of it", () => router.output().includes("a worker hangs: it is killed"));
});

test("the parent of workers, killed: its workers end with it, and the next start is ready on the same port", async (t) => {
  const configuration = moneySettings(await startProvider(t), { server: { workers: 2, port: 0 } }) as JsonObject;
  const router = await startRouter(t, { configuration, deadlineMs: 30_000 });
  const { workers } = (await (await fetch(`${router.url}/livez`)).json()) as { workers: number[] };
  router.signal("SIGKILL");
  await router.exited;
  await waitUntil("the workers have ended", () => workers.every((pid) => processIdentity(pid) === null));
  const again = { ...configuration, server: { workers: 2, port: router.port } };
  const { stateFolder } = router;
  assert.equal((await startRouter(t, { configuration: again, stateFolder, deadlineMs: 30_000 })).port, router.port);
});
