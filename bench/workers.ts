/**
 * Which way to share a port: connections handed out by the parent (round robin), one listening socket for all workers
 * (shared), or a socket for each (reusePort)? Requests a second over kept connections, new connections a second, how evenly
 * connections spread, and how many requests fail or hang when a worker is killed. `node bench/workers.ts`
 */
import cluster from "node:cluster";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { setTimeout as pass } from "node:timers/promises";
import { findFreePort } from "./rig/ports.ts";

type Mechanism = "round robin" | "shared" | "reusePort";

const mechanisms: readonly Mechanism[] = ["round robin", "shared", "reusePort"];
const workers = 2;
const spanMs = 3_000;
const patienceMs = 2_000;

const [, , asked] = process.argv;

if (cluster.isPrimary && asked === undefined) {
  // The policy of a process cannot be changed: each mechanism has a process of its own.
  for (const mechanism of mechanisms)
    spawnSync(process.execPath, [import.meta.filename, mechanism], { stdio: "inherit" });
} else if (cluster.isPrimary) {
  await measure(asked as Mechanism);
} else {
  const { MECHANISM, PORT } = process.env;
  const server = createServer((_request, response) => response.end(String(process.pid)));
  server.keepAliveTimeout = 60_000;
  server.listen({ port: Number(PORT), host: "127.0.0.1", reusePort: MECHANISM === "reusePort", backlog: 4096 }, () => {
    process.send?.("ready"); // a socket of its own is none of the parent's, which would not hear of it
  });
}

async function measure(mechanism: Mechanism): Promise<void> {
  const port = await findFreePort();
  cluster.schedulingPolicy = mechanism === "round robin" ? cluster.SCHED_RR : cluster.SCHED_NONE;
  const children = Array.from({ length: workers }, () => cluster.fork({ MECHANISM: mechanism, PORT: String(port) }));
  await Promise.all(children.map((child) => once(child, "message")));
  const kept = await load(port, 64, true);
  const fresh = await load(port, 64, false);
  const killed = load(port, 64, false);
  await pass(spanMs / 3);
  children[0]!.process.kill("SIGKILL");
  const { failed, hung } = await killed;
  children[1]!.process.kill("SIGKILL");
  await Promise.all(children.filter((child) => !child.isDead()).map((child) => once(child, "exit")));
  const share = Math.max(...kept.spread.values()) / 64;
  console.log(
    `${mechanism}: ${rate(kept.served)} requests/s kept, ${rate(fresh.served)} connections/s, ` +
      `busiest worker ${Math.round(share * 100)} % of 64 connections, killed: ${failed} failed, ${hung} hung`,
  );
}

/** `clients` at once, each over one kept connection or a new one each time. `spread`: connections by worker. */
async function load(port: number, clients: number, isKept: boolean) {
  const endMs = performance.now() + spanMs;
  const spread = new Map<string, number>();
  const counts = { served: 0, failed: 0, hung: 0 };
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const agent = new Agent({ keepAlive: isKept, maxSockets: 1 });
      let isFirst = true;
      while (performance.now() < endMs) {
        const answer = await ask(port, agent);
        counts[answer.kind]++;
        if (isFirst && answer.kind === "served") spread.set(answer.pid, (spread.get(answer.pid) ?? 0) + 1);
        isFirst = false;
      }
      agent.destroy();
    }),
  );
  return { ...counts, spread };
}

function ask(
  port: number,
  agent: Agent,
): Promise<{ readonly kind: "served" | "failed" | "hung"; readonly pid: string }> {
  return new Promise((resolve) => {
    const outgoing = request({ port, host: "127.0.0.1", agent }, (answer) => {
      let pid = "";
      answer.on("data", (chunk: Buffer) => (pid += chunk.toString()));
      answer.once("end", () => resolve({ kind: "served", pid }));
      answer.once("error", () => resolve({ kind: "failed", pid: "" }));
    });
    outgoing.setTimeout(patienceMs, () => {
      resolve({ kind: "hung", pid: "" });
      outgoing.destroy();
    });
    outgoing.once("error", () => resolve({ kind: "failed", pid: "" }));
    outgoing.end();
  });
}

function rate(count: number): number {
  return Math.round(count / (spanMs / 1000));
}
