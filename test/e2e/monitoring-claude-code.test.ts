/**
 * What developers make of a model's work, by the real Claude Code's own telemetry: its person accepts one provider's
 * edit and rejects another's. It runs only where CCR_CLAUDE_CLI names an installed client (real-claude-code.test.ts
 * says how) and tmux is there.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { startClaudeCodeInTerminal, terminalSkipReason } from "./claude-code-stand-in/terminal-claude-code.ts";

const options = { skip: terminalSkipReason() };

interface Target {
  readonly provider: string;
  readonly satisfaction: number;
  readonly signals: number;
}

for (const protocol of ["http/json", "http/protobuf"]) {
  test(`a rejected edit lowers the score of exactly the provider that wrote it (${protocol})`, options, async (t) => {
    const simulated = await runSimulatedProviders();
    t.after(() => simulated.close());
    const router = await startLocalRouter(t, { providers: { ...simulated.configuration.providers } });
    const folder = createTemporaryFolder(t);
    const targets = async (): Promise<readonly Target[]> =>
      ((await (await fetch(`${router.url}/api/quality`)).json()) as { targets: Target[] }).targets;
    const decide = async (model: string, file: string, key: string): Promise<void> => {
      const terminal = await startClaudeCodeInTerminal(t, {
        baseUrl: router.url,
        // Else a classifier decides, and no person.
        args: ["--permission-mode", "default"],
        variables: {
          ANTHROPIC_MODEL: model,
          CLAUDE_CODE_ENABLE_TELEMETRY: "1",
          OTEL_LOGS_EXPORTER: "otlp",
          OTEL_METRICS_EXPORTER: "otlp",
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_ENDPOINT: router.url,
          OTEL_LOGS_EXPORT_INTERVAL: "200",
        },
      });
      await terminal.ask(
        `Write a file for me: [[tool:Write ${JSON.stringify({ file_path: join(folder, file), content: "Hello" })}]]`,
      );
      await terminal.shows(/Do you want to create/);
      // A dialog that has just come up takes no keys yet, so that nobody answers it by accident.
      await waitUntil("the dialog is answered", () => {
        terminal.press(key);
        return waitUntil("the dialog is gone", () => !/Do you want to create/.test(terminal.screen()), 300);
      });
      await waitUntil(
        "the decision has come",
        async () => (await targets()).some((one) => one.provider === model.split("/")[0] && one.signals > 0.9),
        20_000,
      );
    };
    await decide("anthropic/claude-opus-5-5", "accepted.txt", "Enter");
    await decide("openai/gpt-4.1", "rejected.txt", "Escape");
    assert.ok(existsSync(join(folder, "accepted.txt")) && !existsSync(join(folder, "rejected.txt")));
    const of = (provider: string): number =>
      (targetsNow.find((one) => one.provider === provider) as Target).satisfaction;
    const targetsNow = await targets();
    assert.ok(of("anthropic") > 0.6, `anthropic: ${of("anthropic")}`);
    assert.ok(of("openai") < 0.4, `openai: ${of("openai")}`);
    const metrics = await (await fetch(`${router.url}/metrics`)).text();
    assert.match(metrics, /^ccr_tool_decisions_total\{provider="anthropic",decision="accept"\} 1$/m);
    assert.match(metrics, /^ccr_tool_decisions_total\{provider="openai",decision="reject"\} 1$/m);
    assert.doesNotMatch(metrics, /^ccr_tool_decisions_total\{provider="anthropic",decision="reject"\} [1-9]/m);
  });
}
