/** What a start costs: time until the first answer, and what is loaded by then. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startRouter } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { healthyModel, post, question, simulate } from "./steady-callers.ts";

const asked = { model: healthyModel, ...question };
/** From sources, on a machine that runs other tests: the figures of a machine at rest are in docs/reliability.md. */
const slowestStartMs = 5_000;

test("a start: it loads no tokenizer, databases, prompts or simulation before the first answer", async (t) => {
  const provider = await simulate(t);
  const trace = join(createTemporaryFolder(t), "modules");
  const startedMs = performance.now();
  const router = await startRouter(t, {
    configuration: { providers: { healthy: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "h" } } },
    env: { NODE_OPTIONS: `--import ${import.meta.resolve("./trace-modules.ts")}`, TRACE_MODULES: trace },
  });
  assert.equal((await post(`${router.url}/v1/messages`, asked)).status, 200);
  const tookMs = performance.now() - startedMs;
  router.signal("SIGURG");
  const modules = await waitUntil("the modules are written", () => readFileSync(trace, "utf8").split("\n"));
  const needless = /\/(gpt-tokenizer|ioredis|pg|@clack\/prompts|src\/simulation)\//;
  assert.deepEqual(
    modules.filter((url) => needless.test(url)),
    [],
  );
  assert.ok(modules.some((url) => url.endsWith("src/app/start.ts")));
  assert.ok(tookMs < slowestStartMs, `${tookMs} ms to the first answer`);
});
