/** The real router in this process, with settings that let fuzzed calls fail fast and never keep a target away. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createHash } from "node:crypto";
import { startRouter } from "../../src/app/start.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Logger } from "../../src/core/log/logging.ts";

export const fuzzKey = "ccr-fuzz-key";

export interface FuzzRouter {
  readonly port: number;
  /** What the router logged as an error: a defect of its own. */
  readonly defects: readonly string[];
  /** Calls that the router believes to be in flight. */
  openCalls(): Promise<number>;
  close(): Promise<void>;
}

export interface FuzzProviders {
  readonly anthropicPort: number;
  readonly openaiPort: number;
}

export async function startFuzzRouter({ anthropicPort, openaiPort }: FuzzProviders): Promise<FuzzRouter> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "ccr-fuzz-"));
  const provider = (port: number, dialect: string): object => ({
    kind: "custom",
    baseUrl: `http://127.0.0.1:${port}/v1`,
    dialect,
    // A key would rest after each simulated 401 or 429, and most calls would never reach the provider.
    credentials: "none",
    models: ["fuzz"],
    timeouts: { connectMs: 2_000, firstByteMs: 700, betweenBytesMs: 700, totalMs: 5_000 },
  });
  const file = {
    server: { port: 0, requestTimeoutMs: 4_000, maxCalls: 1_000 },
    providers: {
      "anthropic-side": provider(anthropicPort, "anthropic-messages"),
      "openai-side": provider(openaiPort, "openai-chat"),
    },
    aliases: { "claude-*": "anthropic-side/fuzz" },
    routing: { default: "anthropic-side/fuzz" },
    retries: { attemptsPerTarget: 1, maxRetryAfterMs: 1 },
    breaker: { failureThreshold: 1_000_000, failureRatio: 1, minimumCalls: 1_000_000 },
    auth: { keys: [{ hash: createHash("sha256").update(fuzzKey).digest("hex"), user: "fuzz" }] },
  };
  const parsed = parseConfig(JSON.stringify(file), {
    environment: {},
    stateFolder: folder,
    folder,
    readFile: () => undefined,
  });
  if (parsed.kind === "bad")
    throw new Error(parsed.problems.map(({ path, problem }) => `${path}: ${problem}`).join("; "));
  const defects: string[] = [];
  const router = await startRouter({
    config: parsed.config,
    configPath: null,
    environment: {},
    logger: collectErrors(defects),
  });
  return {
    port: router.port,
    defects,
    openCalls: () => readOpenCalls(router.port),
    close: async () => {
      await router.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function collectErrors(defects: string[]): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (fields, message) => {
      const cause = fields["err"] ?? fields["error"];
      defects.push(`${message}: ${cause instanceof Error ? cause.stack : JSON.stringify(fields)}`);
    },
    child: () => logger,
  };
  return logger;
}

/** From the metrics page: the router's own view, not ours. */
async function readOpenCalls(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const value = /^ccr_calls_in_flight(?:\{[^}]*\})? (\d+)/m.exec(await answer.text())?.[1];
  if (value === undefined) throw new Error("the metrics page has no ccr_calls_in_flight");
  return Number(value);
}
