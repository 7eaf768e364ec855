import assert from "node:assert/strict";
import { test } from "node:test";
import { runSimulatedProviders } from "../../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../../kit/router-process.ts";
import { playSession } from "./play-session.ts";

test("a session of Claude Code goes through the program to every simulated provider", async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const router = await startRouter(t, { configuration: { providers: { ...simulated.configuration.providers } } });
  const prompt =
    'Use the tools. [[tool:Bash {"command":"echo one"}]] [[tool:Bash {"command":"echo two"}]]&[[tool:Read {"file_path":"/a"}]]';
  for (const model of [
    "claude-opus-5-5",
    "openai/gpt-6-luna",
    "openai/gpt-5-mini",
    "groq/openai/gpt-oss-120b",
    "deepseek/deepseek-v4-pro",
  ]) {
    await t.test(`${model}: tools in turn and side by side, usage, a warm prompt cache`, async () => {
      const session = await playSession({ baseUrl: router.url, model, prompt });
      assert.deepEqual(
        session.toolCalls.map(({ result }) => result),
        ["one", "two", "Read is done"],
      );
      assert.match(session.result, /two\nRead is done/);
      assert.equal(session.stopReason, "end_turn");
      assert.ok(session.usage.inputTokens > 0 && session.usage.outputTokens > 0);
      assert.ok(session.usage.cacheReadTokens > 1024);
      assert.ok(session.counts.every((count) => count > 0));
    });
  }
  assert.equal(await router.stop(), 0);
});
