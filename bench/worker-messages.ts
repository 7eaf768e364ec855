/**
 * What the messages between workers and their parent cost a call: `node bench/worker-messages.ts [--rounds N] [--seconds N]`.
 *
 * Processor time of a call, parent and workers together, all on one core: by itself, with a cap that holds money, and with
 * limits too. What two workers take more than one process is the price of what they share.
 */
import { parseArgs } from "node:util";
import { startProviders } from "./rig/providers.ts";
import { median } from "./rig/statistics.ts";
import { runWrk } from "./rig/wrk.ts";
import { startOurs } from "./servers/ours.ts";
import type { OwnServer } from "./servers/ours.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "3" } },
});
const seconds = Number(options.seconds);
const warmSeconds = 6;

const cap = { budgets: { caps: [{ scope: "user", daily: 1_000_000 }] } };
const limits = { limits: [{ scope: "user", requestsPerMinute: 10_000_000, tokensPerMinute: 10_000_000_000 }] };
const settings = { "no cap": {}, "a cap": cap, "a cap and limits": { ...cap, ...limits } };

interface Run {
  readonly what: string;
  readonly workers: number;
  readonly server: OwnServer;
  readonly cpuUs: number[];
}

const callUs = async (server: OwnServer, during: number): Promise<number> =>
  (await runWrk(server, { kind: "whole", connections: 8, seconds: during, bodyBytes: 1_024 })).cpuUsPerRequest;

const providers = await startProviders();
const runs: Run[] = [];
for (const [what, config] of Object.entries(settings)) {
  for (const workers of [1, 2]) {
    const server = await startOurs(providers, { config, workers });
    await callUs(server, warmSeconds);
    runs.push({ what, workers, server, cpuUs: [] });
  }
}
for (let round = 0; round < Number(options.rounds); round++) {
  for (const { server, cpuUs } of runs) cpuUs.push(await callUs(server, seconds));
}
for (const { what, workers, server, cpuUs } of runs) {
  await server.stop();
  const spread = `${Math.min(...cpuUs).toFixed(0)} to ${Math.max(...cpuUs).toFixed(0)}`;
  console.log(
    `${what}, ${workers === 1 ? "one process" : `${workers} workers`}: ${median(cpuUs).toFixed(0)} µs a call (${spread})`,
  );
}
await providers.stop();
