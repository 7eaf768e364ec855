/**
 * The real Claude Code against the simulated Anthropic. It runs only where CCR_CLAUDE_CLI names an installed client:
 *
 *     npm install --prefix /tmp/claude-code @anthropic-ai/claude-code
 *     CCR_CLAUDE_CLI=/tmp/claude-code/node_modules/.bin/claude node --test test/e2e/real-claude-code.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { claudeCodeProgram, runClaudeCode } from "./claude-code-stand-in/run-claude-code.ts";

const options = { skip: claudeCodeProgram() === null ? "CCR_CLAUDE_CLI names no installed Claude Code" : false };

test("the real client completes a task with a tool, with usage", options, async (t) => {
  const provider = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => provider.close());
  const answer = await runClaudeCode(t, {
    baseUrl: provider.baseUrl,
    prompt: "Use the Bash tool to run `echo hello from the tool` and say what it printed.",
  });
  assert.match(answer.result, /hello from the tool/);
  assert.ok(answer.inputTokens > 0 && answer.outputTokens > 0 && answer.cacheReadTokens > 0);
  assert.equal(provider.counts().aborted, 0);
});
