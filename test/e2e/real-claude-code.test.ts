/**
 * The real Claude Code, directly against the simulated Anthropic and through the program to providers of both dialects.
 * It runs only where CCR_CLAUDE_CLI names an installed client:
 *
 *     npm install --prefix /tmp/claude-code @anthropic-ai/claude-code
 *     CCR_CLAUDE_CLI=/tmp/claude-code/node_modules/.bin/claude node --test test/e2e/real-claude-code.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import { claudeCodeProgram, runClaudeCode } from "./claude-code-stand-in/run-claude-code.ts";
import type { ClaudeCodeRun } from "./claude-code-stand-in/run-claude-code.ts";

const options = { skip: claudeCodeProgram() === null ? "CCR_CLAUDE_CLI names no installed Claude Code" : false };

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
});
