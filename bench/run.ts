/**
 * `npm run bench` and `npm run bench:full`: this router beside nginx, its peers and nothing at all.
 *
 *   node bench/run.ts [--full] [--only name,…] [--servers name,…] [--no-page]
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { figureTable, absoluteTable } from "./report/outcome-table.ts";
import { writePerformancePage } from "./report/performance-page.ts";
import { saveResult } from "./report/results.ts";
import { canPin, cleanUp } from "./rig/children.ts";
import { readMachineFacts } from "./rig/machine.ts";
import { startProviders } from "./rig/providers.ts";
import type { Providers } from "./rig/providers.ts";
import { installRequirements } from "./rig/requirements.ts";
import { runWorkItem } from "./rig/rounds.ts";
import type { Outcome } from "./rig/rounds.ts";
import { runStreams } from "./rig/streams.ts";
import { warmUpCalls } from "./rig/warm-up.ts";
import { servers } from "./servers/all.ts";
import type { RunningServer } from "./servers/server.ts";
import { messageOf } from "../src/core/errors/message-of.ts";
import { workItems } from "./work/all.ts";
import type { Bench } from "./work/work-item.ts";

const { values: options } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    only: { type: "string" },
    servers: { type: "string" },
    "no-page": { type: "boolean", default: false },
  },
});

const fullRounds = 5;

async function main(): Promise<void> {
  const startedMs = performance.now();
  const missing = installRequirements(say);
  if (missing.some((command) => command !== "taskset")) {
    say(
      `missing: ${missing.join(", ")} (Debian: apt-get install wrk nginx-light). Nothing can be measured without them.`,
    );
    process.exitCode = 1;
    return;
  }
  if (!canPin) say("nothing can be pinned to a core here: expect noise");
  const machine = readMachineFacts();
  const providers = await startProviders();
  const { running, absent } = await startServers(providers);
  const bench: Bench = {
    isFull: options.full,
    providers,
    startFresh: (name) => {
      const definition = servers.find((server) => server.name === name);
      if (definition === undefined) throw new Error(`no server ${name}`);
      return definition.start(providers);
    },
  };
  const outcomes = await runAll(running, bench);
  say(`\n${figureTable(outcomes)}\n`);
  const labels = Object.fromEntries(servers.map(({ name, label }) => [name, label]));
  say(absoluteTable(outcomes, labels));
  const durationSeconds = (performance.now() - startedMs) / 1_000;
  say(`\n${Math.round(durationSeconds)} s`);
  if (options["no-page"] || options.only !== undefined || options.servers !== undefined) return;
  saveResult("comparison", {
    finishedAt: new Date().toISOString(),
    machine,
    isPinned: canPin,
    isFull: options.full,
    durationSeconds,
    outcomes,
    absent,
  });
  writePerformancePage();
  say("written: docs/performance.md");
  say("\nWhat the money costs:");
  spawnSync(process.execPath, [join(import.meta.dirname, "money.ts")], { stdio: "inherit" });
}

async function startServers(providers: Providers): Promise<{ running: RunningServer[]; absent: string[] }> {
  const wanted = options.servers?.split(",");
  const running: RunningServer[] = [];
  const absent: string[] = [];
  for (const definition of servers) {
    if (wanted !== undefined && !wanted.includes(definition.name)) continue;
    try {
      const server = await definition.start(providers);
      await warmUp(server, providers);
      running.push(server);
    } catch (error) {
      const [reason] = messageOf(error).split("\n");
      absent.push(`${definition.label}: ${reason}`);
      say(`goes on without ${definition.label}: ${reason}`);
    }
  }
  return { running, absent };
}

/** Until calls get no cheaper, then a few streams. */
async function warmUp(server: RunningServer, providers: Providers): Promise<void> {
  await warmUpCalls(server, isCompiled(server) ? 1 : undefined);
  if (server.name === "portkey" || server.name === "claude-code-router") return;
  const plan = { streams: 100, spacingMs: 2, rate: 20, settleMs: 0, windowMs: 100, durationMs: 600 };
  await runStreams(server, providers, plan);
}

/** Nothing compiles it while it runs. */
function isCompiled({ name }: RunningServer): boolean {
  return name === "nginx" || name === "direct";
}

async function runAll(running: readonly RunningServer[], bench: Bench): Promise<Outcome[]> {
  const wanted = options.only?.split(",");
  const outcomes: Outcome[] = [];
  for (const item of workItems) {
    if (wanted !== undefined && !wanted.includes(item.name)) continue;
    const outcome = await runWorkItem(item, running, bench, bench.isFull ? fullRounds : item.shortRounds);
    const figure = outcome.figure === null ? "–" : outcome.figure.median.toFixed(3);
    say(`${item.name}: ${figure} (${outcome.verdict})${outcome.problems.map((problem) => `\n  ${problem}`).join("")}`);
    outcomes.push(outcome);
  }
  return outcomes;
}

function say(line: string): void {
  console.log(line);
}

try {
  await main();
} finally {
  cleanUp();
}
process.exit();
