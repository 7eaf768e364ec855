/**
 * `npm run soak`: an hour of mixed load, `--minutes n` for another time. Ends with an error if memory grows, sockets
 * pile up, a rejection goes unhandled, a call hangs or the router ends.
 */
import { on } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { digits } from "./report/outcome-table.ts";
import { writePerformancePage } from "./report/performance-page.ts";
import { saveResult } from "./report/results.ts";
import { canPin, cleanUp } from "./rig/children.ts";
import { readMachineFacts } from "./rig/machine.ts";
import { openFiles, residentMb } from "./rig/process-facts.ts";
import { benchProvider, startOurs } from "./servers/ours.ts";
import type { OwnServer } from "./servers/ours.ts";
import { startCallers } from "./soak/callers.ts";
import type { CallerCounts } from "./soak/callers.ts";
import { judgeSoak } from "./soak/judge.ts";
import type { SoakReading, SoakVerdict } from "./soak/judge.ts";
import type { ProbeReading } from "./soak/probe.ts";
import { startSoakProviders } from "./soak/providers.ts";

const { values: options } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, callers: { type: "string", default: "40" } },
});

const minutes = Number(options.minutes);
/** Results of shorter runs do not replace an hour's on the page. */
const leastMinutesForPage = 30;

async function main(): Promise<void> {
  const machine = readMachineFacts();
  const providers = await startSoakProviders(Math.max(2_000, (minutes * 60_000) / 48));
  const probe = fileURLToPath(new URL("soak/probe.ts", import.meta.url));
  const timeouts = { firstByteMs: 5_000, betweenBytesMs: 5_000, totalMs: 30_000 };
  const server = await startOurs(
    { wholePort: 0, streamPort: 0 },
    {
      nodeFlags: ["--import", probe],
      hasChannel: true,
      config: {
        providers: {
          anthropic: {
            ...benchProvider(providers.anthropic.baseUrl, "anthropic-messages", "claude-sonnet-5"),
            timeouts,
          },
          openai: { ...benchProvider(providers.openai.baseUrl, "openai-chat", "gpt-5"), timeouts },
        },
        retries: { baseDelayMs: 20, maxDelayMs: 200, maxRetryAfterMs: 100 },
        breaker: { openMs: 1_000 },
      },
    },
  );
  const port = server.target("whole")?.port ?? 0;
  const callers = startCallers(port, Number(options.callers), 100);
  const readings = await watch(server, () => callers.counts());
  const hasEnded = server.process.exitCode !== null || server.process.signalCode !== null;
  await callers.stop();
  const counts = callers.counts();
  const verdict = judgeSoak(readings);
  const breaches = [...verdict.breaches, ...(hasEnded ? [`the router ended: ${server.output().slice(-500)}`] : [])];
  const hung = counts.ends.get("hung") ?? 0;
  if (hung > 0) breaches.push(`${hung} calls hung`);
  const rows = toRows(readings, verdict, counts, breaches);
  for (const row of rows) console.log(`${row[0]}: ${row[1]}`);
  if (minutes >= leastMinutesForPage) {
    const method =
      "Mixed load of both dialects, streamed and whole, with aborts, bad requests and providers that fail.";
    const facts = { finishedAt: new Date().toISOString(), machine, isPinned: canPin };
    saveResult("soak", { ...facts, method, header: ["what", "seen"], rows });
    writePerformancePage();
  }
  await server.stop();
  await providers.close();
  process.exitCode = breaches.length === 0 ? 0 : 1;
}

async function watch(server: OwnServer, counts: () => CallerCounts): Promise<SoakReading[]> {
  const readings: SoakReading[] = [];
  const startedMs = performance.now();
  const stepMs = Math.max(2_000, (minutes * 60_000) / 120);
  while (performance.now() - startedMs < minutes * 60_000 && server.process.exitCode === null) {
    await sleep(stepMs);
    const reading = await read(server, (performance.now() - startedMs) / 3_600_000);
    if (reading === null) break;
    readings.push(reading);
    if (readings.length % 10 === 0) {
      const line = `live ${digits(reading.liveMb)} MB, RSS ${digits(reading.residentMb)} MB, ${reading.sockets} sockets`;
      console.log(`${(reading.hours * 60).toFixed(1)} min: ${line}, ${counts().calls} calls`);
    }
  }
  return readings;
}

/** null: the router does not answer its probe any more. */
async function read(server: OwnServer, hours: number): Promise<SoakReading | null> {
  try {
    server.process.send("measure");
    const probed = await nextReading(server);
    return { hours, ...probed, residentMb: residentMb(server.pid), ...openFiles(server.pid) };
  } catch {
    return null;
  }
}

/** The program tells its own news over the same channel. */
async function nextReading(server: OwnServer): Promise<ProbeReading> {
  for await (const [message] of on(server.process, "message", { signal: AbortSignal.timeout(10_000) })) {
    if ("liveMb" in (message as object)) return message as ProbeReading;
  }
  throw new Error("the channel closed");
}

function toRows(
  readings: readonly SoakReading[],
  verdict: SoakVerdict,
  counts: CallerCounts,
  breaches: readonly string[],
): string[][] {
  const last = readings.at(-1);
  const ends = [...counts.ends].sort(([, a], [, b]) => b - a).map(([end, count]) => `${end}: ${count}`);
  return [
    ["duration", `${digits((last?.hours ?? 0) * 60)} minutes`],
    ["calls", String(counts.calls)],
    ["ends", ends.join(", ")],
    [
      "live memory at the end",
      `${digits(last?.liveMb ?? Number.NaN)} MB (RSS ${digits(last?.residentMb ?? Number.NaN)} MB)`,
    ],
    ["slope after warm-up", `${verdict.slopeMbPerHour.toFixed(2)} ± ${(2 * verdict.slopeError).toFixed(2)} MB an hour`],
    ["growth, second half over first", `${verdict.grownMb.toFixed(2)} MB`],
    ["sockets, open files at the end", `${last?.sockets ?? "?"}, ${last?.files ?? "?"}`],
    ["breaches", breaches.length === 0 ? "none" : breaches.join("; ")],
  ];
}

try {
  await main();
} finally {
  cleanUp();
}
process.exit();
