/**
 * What monitoring costs a call: one router under load, with all of it (and a scrape every second) and without in turns:
 * `node bench/monitoring.ts [--each]`. The call's log line counts as monitoring; `--each` also takes out each part alone.
 */
import { on } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Slice, SwitchOrder } from "./monitoring/switch.ts";
import { startProviders } from "./rig/providers.ts";
import { estimate } from "./rig/statistics.ts";
import type { Estimate } from "./rig/statistics.ts";
import { runWrk } from "./rig/wrk.ts";
import { startOurs } from "./servers/ours.ts";

const { values: options } = parseArgs({ options: { each: { type: "boolean", default: false } } });

/**
 * The smallest call there is, as fast as the router takes it; and a call like Claude Code's: a conversation of 50 KB, an
 * answer in 40 pieces.
 */
const works = {
  "1 KB, answered whole": { kind: "whole", connections: 8, bodyBytes: 1_024, slices: 400, sliceMs: 100 },
  "50 KB, streamed answer": { kind: "stream", connections: 256, bodyBytes: 50_000, slices: 160, sliceMs: 500 },
} as const;
const pace = { intervalMs: 5, deltas: 40 };

/** For V8 to compile what runs often. */
const warmSeconds = 15;
const allParts = ["metrics", "log line", "traces", "steps", "quality", "provider health", "activity"];

const switchFile = fileURLToPath(new URL("monitoring/switch.ts", import.meta.url));
const providers = await startProviders();
const router = await startOurs(providers, {
  isFromSources: true,
  nodeFlags: ["--import", switchFile],
  hasChannel: true,
});

type Work = (typeof works)[keyof typeof works];

const load = (work: Work, seconds: number): ReturnType<typeof runWrk> => runWrk(router, { ...work, seconds });

async function measure(work: Work, parts: readonly string[]): Promise<readonly Slice[]> {
  const { slices, sliceMs } = work;
  const loading = load(work, Math.ceil((slices * sliceMs * 1.1) / 1_000) + 3);
  router.process.send({ parts, slices, sliceMs } satisfies SwitchOrder);
  // The router itself tells its parent things too.
  for await (const [told] of on(router.process, "message")) {
    if (!Array.isArray(told)) continue;
    await loading;
    return told as Slice[];
  }
  throw new Error("the router has ended");
}

/** Differences of neighbours, one with and one without; the first of all is still on its way up. */
function pairs(seen: readonly Slice[], of: (slice: Slice) => number): number[] {
  const differences: number[] = [];
  for (let index = 2; index + 1 < seen.length; index += 2) {
    const [a, b] = [seen[index], seen[index + 1]];
    if (a === undefined || b === undefined || a.calls === 0 || b.calls === 0) continue;
    differences.push(a.isOn ? of(a) - of(b) : of(b) - of(a));
  }
  return differences;
}

function tell(name: string, seen: readonly Slice[]): void {
  const whole = seen.filter(({ isOn }) => isOn);
  const sum = (of: (slice: Slice) => number): number => whole.reduce((total, slice) => total + of(slice), 0);
  const callUs = sum(({ cpuUs }) => cpuUs) / sum(({ calls }) => calls);
  const rate = sum(({ calls }) => calls) / sum(({ wallUs }) => wallUs);
  const cpu = estimate(pairs(seen, ({ cpuUs, calls }) => cpuUs / calls));
  const loss = estimate(pairs(seen, ({ calls, wallUs }) => (-100 * (calls / wallUs)) / rate));
  console.log(
    `${name.padEnd(16)}${inWords(cpu).padStart(14)} µs of ${callUs.toFixed(0)} µs of processor time a call, ` +
      `${inWords(loss).padStart(14)} % of ${(rate * 1e6).toFixed(0)} calls a second`,
  );
}

function inWords({ median, standardError }: Estimate): string {
  return `${median.toFixed(1)} ± ${standardError.toFixed(1)}`;
}

const { port } = router.target("whole") ?? { port: 0 };
const scrapes = setInterval(() => {
  void fetch(`http://127.0.0.1:${port}/metrics`)
    .then((answer) => answer.text())
    .catch(() => undefined);
}, 1_000);
try {
  await providers.setStreamPace(pace);
  for (const [name, work] of Object.entries(works)) {
    console.log(name);
    await load(work, warmSeconds);
    tell("  all", await measure(work, allParts));
    if (options.each) for (const part of allParts) tell(`  ${part}`, await measure(work, [part]));
  }
} finally {
  clearInterval(scrapes);
  await router.stop();
  await providers.stop();
}
process.exit();
