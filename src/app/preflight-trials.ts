/** What the deployment checklist tries with the program itself: a start that harms nothing, and its way to Redis. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config, RedisConfig } from "../config/schema.ts";
import { silentLogger } from "../core/log/logging.ts";
import { createRedisClient } from "./redis/redis-client.ts";
import { startRouter } from "./start.ts";

/**
 * Starts a router by this configuration, on a free local port, with an own empty ledger and without Redis, and waits
 * until it is ready. Rejects in words for people.
 */
export async function tryToStart(config: Config, environment: NodeJS.ProcessEnv): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ccr-preflight-"));
  try {
    const trial: Config = {
      ...config,
      server: { ...config.server, host: "127.0.0.1", port: 0 },
      ledger: { ...config.ledger, postgres: null, sqlitePath: join(folder, "ledger.sqlite") },
      redis: null,
      monitoring: { ...config.monitoring, otlp: null, telemetryForward: null, probeEveryMs: null },
      budgets: { ...config.budgets, webhook: null },
    };
    const router = await startRouter({ config: trial, configPath: null, environment, logger: silentLogger });
    try {
      const answer = await fetch(`http://${router.host}:${router.port}/readyz`);
      if (!answer.ok) throw new Error(`it started, and /readyz answers ${answer.status}`);
    } finally {
      await router.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The version of the Redis that the settings lead to. Rejects where it does not answer. */
export async function askRedisVersion(config: RedisConfig): Promise<string> {
  const client = createRedisClient(config);
  client.on("error", () => undefined); // told by the command that fails, too
  try {
    await client.connect();
    const info = String(await client.call("INFO", "server"));
    return /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown";
  } finally {
    client.disconnect();
  }
}
