/**
 * What monitoring costs a call: the router with all of it (and a scrape every second) against the same without, in
 * turns: `node bench/monitoring.ts [--rounds N] [--seconds N]`. The call's log line counts as monitoring.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startProviders } from "./rig/providers.ts";
import { median } from "./rig/statistics.ts";
import { runWrk } from "./rig/wrk.ts";
import { startOurs } from "./servers/ours.ts";
import type { OwnServer } from "./servers/ours.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, seconds: { type: "string", default: "2" } },
});

/** For V8 to compile what runs often: else who is measured first pays for it. */
const warmSeconds = 6;

const offFile = fileURLToPath(new URL("monitoring/off.ts", import.meta.url));

const providers = await startProviders();
const on = await startOurs(providers, { isFromSources: true });
const off = await startOurs(providers, {
  isFromSources: true,
  nodeFlags: ["--import", offFile],
  config: { logging: { level: "silent" } },
});

interface Round {
  readonly on: { readonly rate: number; readonly cpuUs: number };
  readonly off: { readonly rate: number; readonly cpuUs: number };
}

async function measure(server: OwnServer, seconds = Number(options.seconds)): Promise<Round["on"]> {
  const plan = { kind: "whole", connections: 8, seconds, bodyBytes: 1_024 } as const;
  const { requestsPerSecond, cpuUsPerRequest } = await runWrk(server, plan);
  return { rate: requestsPerSecond, cpuUs: cpuUsPerRequest };
}

/** What monitoring takes away or adds, by round. At most 3 % of throughput and 20 µs a call are allowed. */
function tell(what: string, unit: string, values: readonly number[]): void {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  console.log(`${what}: ${median(values).toFixed(1)} ${unit} (${lowest.toFixed(1)} to ${highest.toFixed(1)})`);
}

const { port } = on.target("whole") ?? { port: 0 };
const scrapes = setInterval(() => {
  void fetch(`http://127.0.0.1:${port}/metrics`)
    .then((answer) => answer.text())
    .catch(() => undefined);
}, 1_000);
try {
  for (const server of [on, off]) await measure(server, warmSeconds);
  const rounds: Round[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    // Who comes first changes, so that nobody gains by the order.
    const first = round % 2 === 0 ? await measure(on) : null;
    const second = await measure(off);
    rounds.push({ on: first ?? (await measure(on)), off: second });
    const { on: a, off: b } = rounds.at(-1)!;
    console.log(
      `on ${a.rate.toFixed(0)}/s ${a.cpuUs.toFixed(0)} µs   off ${b.rate.toFixed(0)}/s ${b.cpuUs.toFixed(0)} µs`,
    );
  }
  tell(
    "throughput, by the wall clock",
    "%",
    rounds.map((round) => (1 - round.on.rate / round.off.rate) * 100),
  );
  tell(
    "processor time, share of a call's",
    "%",
    rounds.map((round) => (1 - round.off.cpuUs / round.on.cpuUs) * 100),
  );
  tell(
    "processor time a call",
    "µs",
    rounds.map((round) => round.on.cpuUs - round.off.cpuUs),
  );
} finally {
  clearInterval(scrapes);
  await Promise.all([on.stop(), off.stop()]);
  await providers.stop();
}
process.exit();
