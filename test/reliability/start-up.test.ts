/** What a start costs: processor time until the first answer, and what is loaded by then. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cpuSeconds } from "../../bench/rig/process-facts.ts";
import { startRouter } from "../kit/router-process.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { healthyModel, post, question, simulate } from "./steady-callers.ts";

/** The sources: their modules have names to look for. */
const program = join(import.meta.dirname, "../../src/cli/main.ts");
const asked = { model: healthyModel, ...question };
/** Of processor time, from sources and with every module traced. What the built package takes is in docs/reliability.md. */
const startLimitSeconds = 3;

test("a start: it loads no tokenizer, databases, prompts or simulation before the first answer", async (t) => {
  const provider = await simulate(t);
  const trace = join(createTemporaryFolder(t), "modules");
  const router = await startRouter(t, {
    configuration: { providers: { healthy: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "h" } } },
    program,
    env: { NODE_OPTIONS: `--import ${import.meta.resolve("./trace-modules.ts")}`, TRACE_MODULES: trace },
  });
  assert.equal((await post(`${router.url}/v1/messages`, asked)).status, 200);
  const tookSeconds = cpuSeconds(router.pid);
  router.signal("SIGURG");
  const modules = await waitUntil("the modules are written", () => readFileSync(trace, "utf8").split("\n"));
  const needless = /\/(gpt-tokenizer|ioredis|pg|undici|@clack\/prompts|@pydantic|src\/simulation)\//;
  assert.deepEqual(
    modules.filter((url) => needless.test(url)),
    [],
  );
  assert.ok(modules.some((url) => url.endsWith("src/app/start.ts")));
  assert.ok(tookSeconds < startLimitSeconds, `${tookSeconds} s of processor time to the first answer`);
});
