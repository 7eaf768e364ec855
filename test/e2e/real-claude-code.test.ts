/**
 * The real Claude Code, directly against the simulated Anthropic and through the program to providers of both dialects.
 * It runs only where CCR_CLAUDE_CLI names an installed client:
 *
 *     npm install --prefix /tmp/claude-code @anthropic-ai/claude-code
 *     CCR_CLAUDE_CLI=/tmp/claude-code/node_modules/.bin/claude node --test test/e2e/real-claude-code.test.ts
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { toJsonArray, toJsonObject } from "../../src/core/json/json.ts";
import type { BehaviourChange } from "../../src/simulation/behaviour.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { startRouter } from "../kit/router-process.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { claudeCodeProgram, failClaudeCode, runClaudeCode } from "./claude-code-stand-in/run-claude-code.ts";
import type { ClaudeCodeRun } from "./claude-code-stand-in/run-claude-code.ts";

const options = {
  skip: claudeCodeProgram() === null ? "optional: CCR_CLAUDE_CLI names no installed Claude Code" : false,
};

const prompt = "Use the Bash tool to run `echo hello from the tool` and say what it printed.";

function checkRun(answer: ClaudeCodeRun): void {
  assert.match(answer.result, /hello from the tool/);
  assert.equal(answer.turns, 2);
  assert.ok(answer.inputTokens > 0 && answer.outputTokens > 0 && answer.cacheReadTokens > 0);
}

test("the real client completes a task with a tool, with usage", options, async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const { baseUrl, apiKey } = simulated.configuration.providers.anthropic;
  checkRun(await runClaudeCode(t, { baseUrl, apiKey, prompt }));
  const router = await startRouter(t, { configuration: { providers: { ...simulated.configuration.providers } } });
  for (const model of [
    "claude-opus-5-5",
    "openai/gpt-6-luna",
    "groq/openai/gpt-oss-120b",
    "deepseek/deepseek-v4-pro",
  ]) {
    await t.test(`through the program to ${model}`, async () => {
      checkRun(await runClaudeCode(t, { baseUrl: router.url, model, prompt }));
    });
  }
  for (const provider of [simulated.anthropic, simulated.openai, simulated.groq, simulated.deepseek]) {
    assert.equal(provider.counts().aborted, 0);
  }
  const { path, body } = simulated.openai.requests.at(-1)!;
  const input = toJsonArray(toJsonObject(body)["input"]).map((item) => toJsonObject(item)["type"]);
  assert.deepEqual([path, input.includes("reasoning")], ["/v1/responses", true]);
});

/** What goes wrong, and the words by which the client's user learns of it. */
const failures: readonly {
  readonly what: string;
  readonly settings?: object;
  readonly behaviour?: BehaviourChange;
  readonly apiKey?: string;
  readonly words: RegExp;
}[] = [
  { what: "an unknown key", apiKey: "revoked", words: /^Failed to authenticate\. .*401 unknown or revoked key/ },
  { what: "a prompt that does not fit", behaviour: { contextTokens: 500 }, words: /^Prompt is too long/ },
  {
    what: "a full budget",
    settings: { budgets: { caps: [{ scope: "user", daily: 0.000001 }] } },
    words: /The daily budget of user ana has no room for this call.* It resets at \d{4}-/,
  },
  {
    what: "a refusal of the router's own key",
    behaviour: { requiredKey: "another" },
    words: /refuses the credentials that the router has for it/,
  },
];

for (const [kind, model] of [
  ["anthropic", "claude-opus-5-5"],
  ["openai", "openai/gpt-4.1"],
] as const) {
  for (const { what, settings = {}, behaviour = {}, apiKey = "key-of-ana", words } of failures) {
    test(`the real client tells ${what} at once and readably (${kind})`, options, async (t) => {
      const simulated = await runSimulatedProviders();
      t.after(() => simulated.close());
      simulated[kind].behave(behaviour);
      const hash = createHash("sha256").update("key-of-ana").digest("hex");
      const providers = { ...simulated.configuration.providers };
      const auth = { keys: [{ hash, user: "ana" }] };
      const router = await startLocalRouter(t, { providers, auth, ...settings });
      const startedAt = performance.now();
      assert.match(await failClaudeCode(t, { baseUrl: router.url, prompt: "Hi", model, apiKey }), words);
      // Its retries would take minutes.
      assert.ok(performance.now() - startedAt < 20_000);
    });
  }
}

test("the real client waits for money that other calls hold, and goes on when it is free", options, async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const hash = createHash("sha256").update("key-of-ana").digest("hex");
  const providers = { ...simulated.configuration.providers };
  const budgets = { caps: [{ scope: "user", daily: 0.25 }] }; // a call of a caller whom nobody knows yet holds 0.10
  const router = await startLocalRouter(t, { providers, auth: { keys: [{ hash, user: "ana" }] }, budgets });
  simulated.openai.behave({ fault: { kind: "hang" } });
  const leaving = new AbortController();
  const hold = (): Promise<unknown> =>
    fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "key-of-ana" },
      body: JSON.stringify({
        model: "openai/gpt-4.1",
        max_tokens: 32_000,
        messages: [{ role: "user", content: "Hi" }],
      }),
      signal: leaving.signal,
    }).catch(() => null);
  const holding = [hold(), hold()];
  await waitUntil("both are at their provider", () => simulated.openai.counts().requests === 2);
  const running = runClaudeCode(t, { baseUrl: router.url, model: "claude-opus-5-5", prompt, apiKey: "key-of-ana" });
  await waitUntil("the client is asked to wait", async () =>
    /error_type="policy_budget_held"[^}]*\} [1-9]/.test(await (await fetch(`${router.url}/metrics`)).text()),
  );
  leaving.abort();
  await Promise.all(holding);
  checkRun(await running);
});
