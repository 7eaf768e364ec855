/** Calls of the ledger in a stretch of time: what investigations compare. Pure. */
import { isServedByCache } from "../../core/record.ts";
import type { CacheStatus } from "../../core/record.ts";
import { formatCount, formatMs, mean } from "../figures.ts";
import type { ComparedFigure } from "./diagnosis.ts";

/** A call, as far as investigations look at it. */
export interface CallSample {
  readonly id: string;
  readonly user: string;
  readonly provider: string;
  readonly model: string;
  readonly durationMs: number;
  readonly firstByteMs: number | null;
  readonly outcome: string;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly attempts: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
  readonly cacheStatus: CacheStatus;
}

export interface Period {
  readonly calls: readonly CallSample[];
  /** Length of the stretch that `calls` cover, which is shorter where only the newest were read. */
  readonly spanMs: number;
  readonly isSampled: boolean;
}

/** Which calls were looked at; nothing where it is all of both times. */
export function callsLookedAt(now: Period, before: Period): readonly ComparedFigure[] {
  if (!now.isSampled && !before.isSampled) return [];
  const words = ({ calls, spanMs, isSampled }: Period): string =>
    isSampled ? `newest ${formatCount(calls.length)}, of ${formatMs(spanMs)}` : `all ${formatCount(calls.length)}`;
  return [{ name: "calls looked at", now: words(now), before: words(before) }];
}

/** Error or cut: a client that left is no failure. */
export function isFailed({ outcome }: CallSample): boolean {
  return outcome === "error" || outcome === "cut";
}

export function failedShare(calls: readonly CallSample[]): number | null {
  return calls.length === 0 ? null : calls.filter(isFailed).length / calls.length;
}

export function perMinute({ calls, spanMs }: Period): number {
  return spanMs === 0 ? 0 : calls.length / (spanMs / 60_000);
}

/** Whole answers from a provider: what speed is judged by. A call that joined another's has seen a part of its time. */
export function servedCalls(calls: readonly CallSample[]): readonly CallSample[] {
  return calls.filter((call) => call.outcome === "success" && !isServedByCache(call));
}

export function meanOf(calls: readonly CallSample[], read: (call: CallSample) => number | null): number | null {
  return mean(calls.map(read).filter((value) => value !== null));
}

/** Share of the input that the providers' prompt caches held; null without input. */
export function cachedInputShare(calls: readonly CallSample[]): number | null {
  const input = calls.reduce((sum, { inputTokens }) => sum + inputTokens, 0);
  return input === 0 ? null : calls.reduce((sum, { cacheReadTokens }) => sum + cacheReadTokens, 0) / input;
}

/** Groups, the largest first. */
export function groupBy<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): readonly (readonly [string, readonly Item[]])[] {
  return [...Map.groupBy(items, key)].sort(([, a], [, b]) => b.length - a.length);
}
