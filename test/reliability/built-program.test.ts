/** The program as its package holds it: what it loads, and how soon it is back after it was killed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { cpuSeconds } from "../../bench/rig/process-facts.ts";
import { installBuilt } from "../kit/built-package.ts";
import { startRouter } from "../kit/router-process.ts";
import { healthyModel, post, question, simulate } from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };
const calls = 20;

/** On a machine that is slow to start Node alone, the router may take as many times as long as on any other. */
const startsOfNode = 20;

interface Records {
  readonly records: readonly unknown[];
}

test("the built program: killed by SIGKILL, it is ready within a second on the same port and folder, and has every call", async (t) => {
  const { program } = await installBuilt(t);
  const provider = await simulate(t);
  const configuration = { providers: { healthy: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "h" } } };
  const first = await startRouter(t, { configuration, program });
  for (let call = 0; call < calls; call++) assert.equal((await post(`${first.url}/v1/messages`, asked)).status, 200);
  await fetch(`${first.url}/livez`); // the event loop has turned: that is all a settled call needs to be kept
  first.signal("SIGKILL");
  await first.exited;

  const { stateFolder, port } = first;
  const second = await startRouter(t, { configuration: { ...configuration, server: { port } }, program, stateFolder });
  // Of processor time, which a busy machine stretches less than the clock; `npm run bench` has it by the clock.
  const tookSeconds = cpuSeconds(second.pid);
  const limitSeconds = Math.max(1, startsOfNode * bareStartSeconds());
  t.diagnostic(`ready after ${tookSeconds} s of processor time, at most ${limitSeconds.toFixed(2)}`);
  assert.ok(tookSeconds < limitSeconds, `${tookSeconds} s, at most ${limitSeconds}`);
  const answer = await fetch(`${second.url}/api/costs/records?limit=100`);
  assert.equal(((await answer.json()) as Records).records.length, calls);
});

/** Processor time in which Node starts with nothing to do: the least of five. */
function bareStartSeconds(): number {
  const program = "const { user, system } = process.cpuUsage(); process.stdout.write(String((user + system) / 1e6))";
  return Math.min(...Array.from({ length: 5 }, () => Number(spawnSync(process.execPath, ["-e", program]).stdout)));
}
