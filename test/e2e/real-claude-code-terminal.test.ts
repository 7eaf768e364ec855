/**
 * The real Claude Code in a terminal, through the router: what a person sees and can do. It runs only where
 * CCR_CLAUDE_CLI names an installed client (real-claude-code.test.ts says how) and tmux is there.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { clientEnvironment } from "../../src/cli/settings/client-environment.ts";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { startClaudeCodeInTerminal, terminalSkipReason } from "./claude-code-stand-in/terminal-claude-code.ts";
import type { TerminalClaudeCode } from "./claude-code-stand-in/terminal-claude-code.ts";

const options = { skip: terminalSkipReason() };

/** Where the client's model goes in each test. */
const targets = [
  ["anthropic", "anthropic/claude-opus-5-5"],
  ["openai", "openai/gpt-4.1"],
] as const;

async function start(
  t: CleansUp,
  target: string,
  settings: object = {},
): Promise<{ simulated: SimulatedProviders; terminal: TerminalClaudeCode }> {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const router = await startLocalRouter(t, {
    providers: { ...simulated.configuration.providers },
    aliases: { "claude-opus-5-5": target },
    retries: { attemptsPerTarget: 1 },
    ...settings,
  });
  return { simulated, terminal: await startClaudeCodeInTerminal(t, { baseUrl: router.url }) };
}

for (const [kind, target] of targets) {
  test(`Esc in mid-stream reaches ${kind} at once, and the session goes on`, options, async (t) => {
    const { simulated, terminal } = await start(t, target);
    const provider = simulated[kind];
    provider.behave({ tokensPerSecond: 30, answerTokens: 3000 });
    await terminal.ask("Tell me a long story");
    await terminal.shows(/esc to interrupt/);
    await waitUntil("the provider writes", () => provider.counts().running === 1);
    await terminal.shows(/● \w+/);
    const pressedAt = performance.now();
    terminal.press("Escape");
    await waitUntil("the provider is told", () => provider.counts().aborted === 1);
    // A terminal waits a moment whether more follows the escape character.
    assert.ok(performance.now() - pressedAt < 1000);
    await terminal.shows(/Interrupted/);
    provider.resetBehaviour();
    await terminal.ask("Use the Bash tool to run `echo still there` and say what it printed.");
    await terminal.shows(/The tool answered: still there/);
  });

  test(`an answer of ${kind} that breaks off is told as an error`, options, async (t) => {
    const { simulated, terminal } = await start(t, target);
    simulated[kind].behave({ fault: { kind: "cut", afterFrames: 12 } });
    await terminal.ask("How are you today?");
    await terminal.shows(/API Error|broke off|[Rr]etrying|connection/);
  });
}

test("/model lists the router's models with the variables of `ccr env`", options, async (t) => {
  const router = await startLocalRouter(t, {
    providers: { openai: { apiKey: "unused" } },
    aliases: { "claude-of-the-house": "openai/gpt-4.1" },
  });
  const variables = clientEnvironment(router, { ANTHROPIC_API_KEY: "the client's" }, false);
  const terminal = await startClaudeCodeInTerminal(t, { baseUrl: router.url, variables });
  await terminal.ask("/model");
  await terminal.shows(/claude-of-the-house\s+From gateway/);
});

test("/model takes a model that reasons, of which it asks one token first", options, async (t) => {
  const { simulated, terminal } = await start(t, "anthropic/claude-opus-5-5");
  await terminal.ask("/model openai/gpt-6-sol");
  await terminal.shows(/Set model to openai\/gpt-6-sol/);
  assert.equal(simulated.openai.counts().requests, 1);
});

test("a full budget is told in the router's words", options, async (t) => {
  const { terminal } = await start(t, "openai/gpt-4.1", { budgets: { caps: [{ scope: "all", daily: 0.000001 }] } });
  await terminal.ask("How are you today?");
  await terminal.shows(/The daily budget .* has no room for this call/);
});

test("a provider that fails is replaced without the person's notice", options, async (t) => {
  const { simulated, terminal } = await start(t, "openai/gpt-4.1", {
    aliases: { "claude-opus-5-5": ["openai/gpt-4.1", "groq/openai/gpt-oss-120b"] },
  });
  simulated.openai.behave({ fault: { kind: "overloaded" } });
  await terminal.ask("Use the Bash tool to run `echo replaced` and say what it printed.");
  await terminal.shows(/The tool answered: replaced/);
  assert.doesNotMatch(terminal.screen(), /API Error|[Rr]etrying/);
  assert.ok(simulated.groq.counts().requests > 0);
});

test("after its /login through the sign-in page it shows the caller's spending cap", options, async (t) => {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const key = "ccr_key_of_ana";
  const router = await startLocalRouter(t, {
    providers: { ...simulated.configuration.providers },
    aliases: { "claude-*": "openai/gpt-4.1" },
    auth: { keys: [{ hash: createHash("sha256").update(key).digest("hex"), user: "ana" }] },
    budgets: { caps: [{ scope: "user", daily: 5 }] },
  });
  const settings = { forceLoginMethod: "gateway", forceLoginGatewayUrl: router.url };
  const terminal = await startClaudeCodeInTerminal(t, { baseUrl: router.url, settings });
  await terminal.ask("/login");
  await terminal.shows(/Gateway:/);
  terminal.press("Enter");
  await terminal.shows(/Trust gateway/);
  terminal.press("Up");
  terminal.press("Enter");
  await terminal.shows(/Waiting for sign-in/);
  const userCode = /Code:\s+([A-Z]{4}-[A-Z]{4})/.exec(terminal.screen())?.[1] ?? "";
  const body = new URLSearchParams({ user_code: userCode, key, decision: "allow" });
  assert.equal((await fetch(`${router.url}/device`, { method: "POST", body })).status, 200);
  await terminal.shows(/Connected to Cloud gateway/);
  terminal.press("Enter");
  await terminal.shows(/Login successful/);
  await terminal.ask("How are you today?");
  await terminal.shows(/done \d/);
  await terminal.ask("/usage");
  await terminal.shows(/Spend limit[^]*\$0\.\d\d \/ \$5\.00 spent today/);
});
