/** What may grow, in which steps, and how the cost of each step is measured. */
import type { Providers } from "../rig/providers.ts";
import { median } from "../rig/statistics.ts";
import { runStreams } from "../rig/streams.ts";
import { runWrk } from "../rig/wrk.ts";
import { otherKey, startOurs } from "../servers/ours.ts";
import type { OwnOptions } from "../servers/ours.ts";
import type { RunningServer, TargetKind } from "../servers/server.ts";

export interface GrowthPoint {
  readonly size: number;
  readonly label: string;
  /** What `cost` counts. */
  readonly what: string;
  readonly cost: number;
  readonly unit: string;
}

export interface GrowthDimension {
  readonly name: string;
  readonly sizes: readonly number[];
  /** Whether the cost is expected to grow with the size; else it should stand still. */
  readonly isPerUnit: boolean;
  measure(size: number, rig: GrowthRig, repeats: number): Promise<GrowthPoint>;
}

/** What the measurements of a run share. */
export interface GrowthRig {
  readonly providers: Providers;
  /** A warm router with the bench's own configuration. */
  readonly server: RunningServer;
}

/** Starts the router that bodies and streams of every size go through. */
export async function startGrowthRig(providers: Providers): Promise<GrowthRig> {
  const server = await startOurs(providers);
  for (const kind of ["whole", "translated"] as const) {
    await runWrk(server, { kind, connections: 8, seconds: 2, bodyBytes: 1_024 });
    await runWrk(server, { kind, connections: 1, seconds: 1, bodyBytes: 1_000_000 });
  }
  const warm = { streams: 200, spacingMs: 2, rate: 20, settleMs: 0, windowMs: 100, durationMs: 1_500 };
  await runStreams(server, providers, warm);
  return { providers, server };
}

const bodySizes = [1, 10, 100, 1_000, 10_000, 30_000] as const;

export const growthDimensions: readonly GrowthDimension[] = [
  bodies("body, same dialect", "whole"),
  bodies("body, translated", "translated"),
  {
    name: "streams",
    sizes: [1, 10, 100, 1_000, 4_000],
    isPerUnit: false,
    measure: measureStreams,
  },
  configured("models", [1, 10, 100, 1_000], (size) => ({ models: size })),
  configured("rules", [1, 10, 100, 1_000], (size) => ({ config: { routing: { rules: unmatchedRules(size) } } })),
  configured("users", [1, 100, 10_000, 100_000], (size) => ({ users: size })),
];

/** Bodies in KB, through one connection: a large one occupies it alone. */
function bodies(name: string, kind: TargetKind): GrowthDimension {
  return {
    name,
    sizes: bodySizes,
    isPerUnit: true,
    measure: async (size, { server }, repeats) => {
      const plan = { kind, connections: 1, seconds: 2, bodyBytes: size * 1_000 };
      const cost = await medianOf(repeats, async () => (await runWrk(server, plan)).cpuUsPerRequest);
      return { size, label: size < 1_000 ? `${size} KB` : `${size / 1_000} MB`, what: "CPU a call", cost, unit: "µs" };
    },
  };
}

/** 2,000 events a second spread over more and more streams; one stream has 200, and 4,000 have one each. */
async function measureStreams(size: number, { providers, server }: GrowthRig, repeats: number): Promise<GrowthPoint> {
  const rate = Math.max(1, Math.min(200, 2_000 / size));
  const windowMs = 2_500;
  const plan = { streams: size, spacingMs: 1, rate, settleMs: 500, windowMs, durationMs: size + windowMs + 1_500 };
  const cost = await medianOf(repeats, async () => {
    const measured = await runStreams(server, providers, plan);
    if (measured.failed + measured.lostEvents > 0) throw new Error(measured.failures.join("; "));
    return (measured.windowCpuSeconds * 1e6) / measured.windowEvents;
  });
  return { size, label: String(size), what: "CPU an event", cost, unit: "µs" };
}

/** Something in the configuration grows; a call's cost should stand still. */
function configured(name: string, sizes: readonly number[], toOptions: (size: number) => OwnOptions): GrowthDimension {
  return {
    name,
    sizes,
    isPerUnit: false,
    measure: async (size, { providers }, repeats) => {
      const options = toOptions(size);
      const server = await startOurs(providers, options);
      try {
        const plan = { kind: "whole", connections: 8, seconds: 2, bodyBytes: 1_024, keys: keysOf(options) } as const;
        await runWrk(server, { ...plan, seconds: 4 });
        const cost = await medianOf(repeats, async () => (await runWrk(server, plan)).cpuUsPerRequest);
        return { size, label: String(size), what: "CPU a call", cost, unit: "µs" };
      } finally {
        await server.stop();
      }
    },
  };
}

/** At most a thousand callers take turns, spread evenly over all. */
function keysOf({ users }: OwnOptions): string[] {
  if (users === undefined) return [];
  const callers = Math.min(users, 1_000);
  return Array.from({ length: callers }, (_, index) => otherKey(Math.floor((index * users) / callers)));
}

function unmatchedRules(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `rule-${index}`,
    when: { model: `nobody-asks-for-${index}-*`, team: `team-${index}` },
    to: "whole/claude-sonnet-5",
  }));
}

async function medianOf(repeats: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let index = 0; index < repeats; index++) values.push(await measure());
  return median(values);
}
