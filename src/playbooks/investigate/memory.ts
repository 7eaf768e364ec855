/**
 * Is memory leaking, or is it load? A heap is a sawtooth: only its floor, the lowest values, says what is really held.
 * The floors of the first and the last third of the watch are compared. Pure.
 */
import { dayMs } from "../../core/time/durations.ts";
import { formatBytes, formatCount, formatMs, formatShare } from "../figures.ts";
import type { Verdict } from "../finding.ts";
import { valueOf } from "../metrics-text.ts";
import type { Scrape } from "../metrics-text.ts";
import { compare, rankCauses } from "./diagnosis.ts";
import type { Cause, ComparedFigure, Diagnosis } from "./diagnosis.ts";

export interface MemoryFigures {
  readonly scrapes: readonly { readonly scrape: Scrape; readonly atMs: number }[];
  /** The process to send SIGUSR2 to; null where it is not known. */
  readonly pid: number | null;
  /** Where the router is, for the commands in remedies. */
  readonly url: string;
}

interface Point {
  readonly atMs: number;
  readonly heap: number;
  readonly outside: number;
  readonly calls: number;
}

const mib = 1024 * 1024;
/** Growth of the floor below this is noise of one watch. */
const noiseBytes = 16 * mib;
/** A leak that fills the heap within a day cannot wait for tomorrow. */
const urgentMs = dayMs;

export function judgeMemory({ scrapes, pid, url }: MemoryFigures): Diagnosis {
  const points = scrapes.map(toPoint);
  const last = scrapes.at(-1)!.scrape;
  const limit = memory(last, "heap_limit");
  const floors = floorsOf(points);
  const growth = growthOf(points, floors);
  const used = limit === 0 ? 0 : floors.last / limit;
  const fullInMs = growth.bytesPerMs > 0 ? (limit - floors.last) / growth.bytesPerMs : null;
  const ranked = rankCauses([
    leak(points, growth, fullInMs, pid, url),
    load(points, floors, used),
    buffers(last, floors),
    cache(last, limit),
    outside(points),
  ]);
  const verdict = verdictFor(used, growth.isLeak, fullInMs);
  const causes = verdict === "ok" && !growth.isLeak ? ranked.filter(({ share }) => share >= 0.5) : ranked;
  return { verdict, headline: headlineFor(verdict, causes, growth, used), figures: rowsOf(scrapes, floors), causes };
}

function toPoint({ scrape, atMs }: MemoryFigures["scrapes"][number]): Point {
  return {
    atMs,
    heap: memory(scrape, "heap_used"),
    outside: memory(scrape, "external"),
    calls: valueOf(scrape, "ccr_calls_in_flight") ?? 0,
  };
}

function memory(scrape: Scrape, type: string): number {
  return valueOf(scrape, "ccr_memory_usage_bytes", { type }) ?? 0;
}

interface Floors {
  readonly first: number;
  readonly last: number;
}

function thirdsOf(points: readonly Point[]): readonly [readonly Point[], readonly Point[]] {
  const size = Math.max(1, Math.floor(points.length / 3));
  return [points.slice(0, size), points.slice(-size)];
}

function floorsOf(points: readonly Point[]): Floors {
  const [first, last] = thirdsOf(points);
  return { first: Math.min(...first.map(({ heap }) => heap)), last: Math.min(...last.map(({ heap }) => heap)) };
}

interface Growth {
  readonly bytes: number;
  readonly bytesPerMs: number;
  /** It grows, by more than noise, and no more calls than before explain it. */
  readonly isLeak: boolean;
}

function growthOf(points: readonly Point[], floors: Floors): Growth {
  const [first, last] = thirdsOf(points);
  const middle = (part: readonly Point[]): number => part.reduce((sum, { atMs }) => sum + atMs, 0) / part.length;
  const most = (part: readonly Point[]): number => Math.max(...part.map(({ calls }) => calls));
  const bytes = floors.last - floors.first;
  const spanMs = middle(last) - middle(first);
  const hasMoreCalls = most(last) > Math.max(4, most(first) * 1.5);
  const isLeak = points.length >= 3 && bytes > Math.max(noiseBytes, floors.first * 0.1) && !hasMoreCalls;
  return { bytes, bytesPerMs: spanMs > 0 ? bytes / spanMs : 0, isLeak };
}

function verdictFor(used: number, isLeak: boolean, fullInMs: number | null): Verdict {
  if (used >= 0.9 || (isLeak && fullInMs !== null && fullInMs < urgentMs)) return "critical";
  return used >= 0.75 || isLeak ? "warning" : "ok";
}

function headlineFor(verdict: Verdict, causes: readonly Cause[], growth: Growth, used: number): string {
  const held = `what the heap really holds is at ${formatShare(used)} of its limit`;
  const [likeliest] = causes;
  if (likeliest !== undefined && verdict !== "ok") return `${held}; most likely: ${likeliest.title}`;
  const change =
    Math.abs(growth.bytes) < noiseBytes ? "and did not grow" : `and changed by ${formatBytes(growth.bytes)}`;
  return `${held} ${change} while watching`;
}

function rowsOf(scrapes: MemoryFigures["scrapes"], floors: Floors): Diagnosis["figures"] {
  const [first, last] = [scrapes[0]!.scrape, scrapes.at(-1)!.scrape];
  const row = (name: string, read: (scrape: Scrape) => number | null): ComparedFigure =>
    compare(name, read(last), read(first), formatBytes);
  return [
    compare("heap's floor", floors.last, floors.first, formatBytes),
    row("heap in use", (scrape) => memory(scrape, "heap_used")),
    row("heap's limit", (scrape) => memory(scrape, "heap_limit")),
    row("outside the heap (buffers)", (scrape) => memory(scrape, "external")),
    row("resident", (scrape) => memory(scrape, "rss")),
    row("answer cache", (scrape) => valueOf(scrape, "ccr_cache_size_bytes", { cache_level: "l1" })),
    compare(
      "calls in flight",
      valueOf(last, "ccr_calls_in_flight"),
      valueOf(first, "ccr_calls_in_flight"),
      formatCount,
    ),
  ];
}

function snapshotRemedy(pid: number | null, url: string): string {
  const signal = pid === null ? "" : `, or \`kill -USR2 ${pid}\``;
  return `take two heap snapshots some minutes apart (\`curl -XPOST ${url}/debug/heap-snapshot\`${signal}; each answers its file) and compare them in Chrome's DevTools`;
}

function leak(
  points: readonly Point[],
  growth: Growth,
  fullInMs: number | null,
  pid: number | null,
  url: string,
): Cause | null {
  if (!growth.isLeak) return null;
  const spanMs = points.at(-1)!.atMs - points[0]!.atMs;
  return {
    title: "a memory leak",
    share: 0.9,
    evidence: [
      `the heap's floor rose by ${formatBytes(growth.bytes)} in ${formatMs(spanMs)}, with no more calls in flight`,
      ...(fullInMs === null ? [] : [`at this pace it is full in ${formatMs(fullInMs)}`]),
    ],
    remedies: [
      snapshotRemedy(pid, url),
      "`ccr restart` gives time: running calls finish first",
      "an own routing module (`routing.module`) is the first suspect; else report it with the snapshots",
    ],
  };
}

function load(points: readonly Point[], floors: Floors, used: number): Cause | null {
  const calls = Math.max(...points.map((point) => point.calls));
  if (calls < 50 || used < 0.5) return null;
  return {
    title: "many calls at once",
    share: 0.7,
    evidence: [`${formatCount(calls)} calls in flight, ${formatBytes(floors.last / calls)} of heap for each`],
    remedies: [
      "lower `server.maxCalls`, add instances, or give Node a larger heap (NODE_OPTIONS=--max-old-space-size)",
    ],
  };
}

function buffers(last: Scrape, floors: Floors): Cause | null {
  const waiting = valueOf(last, "ccr_dependency_buffered_entries") ?? 0;
  if (waiting < 1_000) return null;
  const guess = waiting * 4_096;
  return {
    title: "entries wait for a dependency that is away",
    share: guess / Math.max(1, floors.last),
    evidence: [`${formatCount(waiting)} entries are in local buffers, some ${formatBytes(guess)}`],
    remedies: ["bring the dependency back: `ccr doctor` names it; the buffers are bounded"],
  };
}

function cache(last: Scrape, limit: number): Cause | null {
  const bytes = valueOf(last, "ccr_cache_size_bytes", { cache_level: "l1" }) ?? 0;
  if (bytes === 0) return null;
  return {
    title: "the answer cache takes it",
    share: bytes / Math.max(1, limit) >= 0.25 ? 0.6 : 0,
    evidence: [`the answer cache holds ${formatBytes(bytes)}`],
    remedies: ["lower `cache.l1.maxBytes`"],
  };
}

function outside(points: readonly Point[]): Cause | null {
  const [first, last] = [points[0]!, points.at(-1)!];
  const grown = last.outside - first.outside;
  if (grown < 64 * mib) return null;
  return {
    title: "buffers outside the heap grow: large bodies, or clients that do not read",
    share: 0.5,
    evidence: [`${formatBytes(last.outside)} outside the heap, ${formatBytes(first.outside)} at the start`],
    remedies: ["`/debug/connections` shows the bytes of each call; lower `server.bodyLimitBytes`"],
  };
}
