/**
 * A CPU flame graph of the call's path: `node bench/profile.ts [--kind whole|stream|translated] [--bytes n]
 * [--connections n] [--seconds n] [--out folder]`. Prints the functions that take the most time themselves.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { selfTimes, timesByOwner, toFrames, totalTimes } from "./profile/cpu-profile.ts";
import type { Frame, FunctionTime } from "./profile/cpu-profile.ts";
import { renderFlameGraph } from "./profile/flame-graph.ts";
import { findInspector, profileWhile } from "./profile/inspector.ts";
import { markdownTable } from "./report/outcome-table.ts";
import { cleanUp } from "./rig/children.ts";
import { startProviders } from "./rig/providers.ts";
import type { Providers } from "./rig/providers.ts";
import { runStreams } from "./rig/streams.ts";
import { runWrk } from "./rig/wrk.ts";
import { startOurs } from "./servers/ours.ts";
import type { RunningServer, TargetKind } from "./servers/server.ts";

const { values: options } = parseArgs({
  options: {
    kind: { type: "string", default: "whole" },
    bytes: { type: "string", default: "1024" },
    connections: { type: "string", default: "8" },
    seconds: { type: "string", default: "5" },
    out: { type: "string", default: path.join(os.tmpdir(), "ccr-profile") },
  },
});

const kind = options.kind as TargetKind;
const seconds = Number(options.seconds);

async function main(): Promise<void> {
  const providers = await startProviders();
  const server = await startOurs(providers, { isFromSources: true, nodeFlags: ["--inspect=127.0.0.1:0"] });
  await load(server, providers, 2);
  const url = await findInspector(() => server.output());
  const profile = await profileWhile(url, () => load(server, providers, seconds));
  const root = toFrames(profile);
  const name = `${kind}-${options.bytes}`;
  mkdirSync(options.out, { recursive: true });
  writeFileSync(path.join(options.out, `${name}.cpuprofile`), JSON.stringify(profile));
  writeFileSync(path.join(options.out, `${name}.svg`), renderFlameGraph(root, `${kind}, ${options.bytes} bytes`));
  const isOwn = ({ place }: FunctionTime): boolean => place.startsWith("src/") || place.startsWith("dist/");
  printTimes("whose code", timesByOwner(root).slice(0, 12), root);
  printTimes("own time", selfTimes(root).slice(0, 25), root);
  printTimes("time with all that it calls", totalTimes(root).filter(isOwn).slice(0, 40), root);
  console.log(`\n${path.join(options.out, `${name}.svg`)}`);
}

function printTimes(title: string, times: readonly FunctionTime[], root: Frame): void {
  const rows = times.map(({ name, place, us }) => [name, place, `${((us / root.totalUs) * 100).toFixed(1)} %`]);
  console.log(`\n${markdownTable(["function", "place", title], rows)}`);
}

async function load(server: RunningServer, providers: Providers, loadSeconds: number): Promise<void> {
  if (kind === "stream") {
    const plan = { streams: 500, spacingMs: 2, rate: 10, settleMs: 0, windowMs: 100, durationMs: loadSeconds * 1_000 };
    const measured = await runStreams(server, providers, plan);
    console.log(`${measured.completed} streams, ${measured.failed} failed, ${measured.lostEvents} events lost`);
    return;
  }
  const connections = Number(options.connections);
  const measured = await runWrk(server, { kind, connections, seconds: loadSeconds, bodyBytes: Number(options.bytes) });
  console.log(`${measured.requests} requests, CPU ${measured.cpuUsPerRequest.toFixed(1)} µs each (inspector attached)`);
}

try {
  await main();
} finally {
  cleanUp();
}
process.exit();
