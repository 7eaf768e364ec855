/** Redis servers of a test's own, on free ports: to freeze, kill, fill and fail over, which the shared one must not be. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";
import type { CleansUp } from "./temporary-folder.ts";
import { waitUntil } from "./wait-until.ts";

/** Why tests that start servers cannot run here; false where they can. */
export const noRedisServer: string | false =
  spawnSync("redis-server", ["--version"]).status === 0 ? false : "no redis-server on this machine";

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** A connection for the test itself. */
  connect(): Redis;
  freeze(): void;
  thaw(): void;
  /** Ends it at once (SIGKILL); what it held in memory is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
}

/** A running server without persistence. `args` as on its command line. */
export async function startRedisServer(t: CleansUp, args: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const folder = createTemporaryFolder(t);
  const defaults = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  return manage(t, port, ["redis-server", ...defaults, ...args]);
}

/** A Sentinel that watches `master` as `mymaster` and fails over after half a second. */
export async function startSentinel(t: CleansUp, master: RedisServer): Promise<RedisServer> {
  const port = await freePort();
  const file = join(createTemporaryFolder(t), "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
    "sentinel down-after-milliseconds mymaster 500",
    "sentinel failover-timeout mymaster 2000",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return manage(t, port, ["redis-server", file, "--sentinel"]);
}

async function manage(t: CleansUp, port: number, [command = "", ...args]: readonly string[]): Promise<RedisServer> {
  let child: ChildProcess | null = null;
  const clients: Redis[] = [];
  const kill = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    running.kill("SIGKILL");
    await once(running, "exit");
  };
  const start = async (): Promise<void> => {
    child = spawn(command, args, { stdio: "ignore" });
    await waitUntil(`Redis answers on port ${port}`, () => isThere(port));
  };
  t.after(async () => {
    for (const client of clients) client.disconnect();
    await kill();
  });
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    connect() {
      const client = new Redis({ host: "127.0.0.1", port });
      client.on("error", () => undefined);
      clients.push(client);
      return client;
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    kill,
    start,
  };
}

async function isThere(port: number): Promise<boolean> {
  const options = { host: "127.0.0.1", port, lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null };
  const client = new Redis(options);
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
