/**
 * Why is it slow? The rise of the mean duration is taken apart: until the first byte, tokens of the answer, time for
 * each; then who or what is behind each part. Without calls to compare with, the whole duration is. Pure.
 */
import { formatCount, formatMs, formatShare, quantile } from "../figures.ts";
import type { Verdict } from "../finding.ts";
import { meanBetween, valueOf } from "../metrics-text.ts";
import type { Scrape } from "../metrics-text.ts";
import { compare, rankCauses } from "./diagnosis.ts";
import type { Cause, Diagnosis } from "./diagnosis.ts";
import { cachedInputShare, groupBy, meanOf, perMinute, servedCalls } from "./period.ts";
import type { CallSample, Period } from "./period.ts";
import { stateRows } from "./state-rows.ts";

export interface LatencyFigures {
  readonly now: Period;
  readonly before: Period;
  /** First and last scrape of the watch. */
  readonly scrapes: readonly [Scrape, Scrape];
}

interface Speed {
  readonly durationMs: number;
  readonly firstByteMs: number;
  readonly outputTokens: number;
  readonly msPerToken: number;
}

const busyRouterTitle = "the router itself is busy";

/** Slow without anything to compare with. */
const slowFirstByteMs = 5_000;

/** A rise below a fifth, or below this, is noise. */
const noiseMs = 200;

export function judgeLatency(figures: LatencyFigures): Diagnosis {
  const [now, before] = [servedCalls(figures.now.calls), servedCalls(figures.before.calls)];
  const rows = latencyRows(figures, now, before);
  if (now.length === 0) {
    return {
      verdict: "ok",
      headline: "no call was answered in this time: nothing to judge",
      figures: rows,
      causes: [],
    };
  }
  const [speed, usual] = [speedOf(now), before.length === 0 ? null : speedOf(before)];
  const riseMs = speed.durationMs - (usual?.durationMs ?? 0);
  const isUsual = usual !== null && (riseMs < noiseMs || speed.durationMs < usual.durationMs * 1.2);
  const base = usual ?? { durationMs: 0, firstByteMs: 0, outputTokens: 0, msPerToken: speed.msPerToken };
  const causes = isUsual ? [] : findCauses({ figures, now, before, speed, base, riseMs });
  return {
    verdict: verdictFor(speed, usual, isUsual, causes),
    headline: headlineFor(speed, usual, causes),
    figures: rows,
    causes,
  };
}

function verdictFor(speed: Speed, usual: Speed | null, isUsual: boolean, causes: readonly Cause[]): Verdict {
  if (isUsual) return "ok";
  if (usual === null) {
    if (speed.firstByteMs > 10_000) return "critical";
    return speed.firstByteMs > slowFirstByteMs || causes[0]?.title === busyRouterTitle ? "warning" : "ok";
  }
  return speed.durationMs >= usual.durationMs * 3 ? "critical" : "warning";
}

function headlineFor(speed: Speed, usual: Speed | null, causes: readonly Cause[]): string {
  const mean = formatMs(speed.durationMs);
  const [likeliest] = causes;
  if (usual === null) {
    const most = likeliest === undefined ? "" : `; most of it: ${likeliest.title}`;
    return `a call takes ${mean} on average, with no earlier calls to compare with${most}`;
  }
  if (likeliest === undefined) return `a call takes ${mean} on average, as before (${formatMs(usual.durationMs)})`;
  return `a call takes ${mean} instead of ${formatMs(usual.durationMs)}; most likely: ${likeliest.title}`;
}

function latencyRows(
  { now: nowPeriod, before: beforePeriod, scrapes }: LatencyFigures,
  now: readonly CallSample[],
  before: readonly CallSample[],
): Diagnosis["figures"] {
  const durations = (calls: readonly CallSample[]): number[] => calls.map(({ durationMs }) => durationMs);
  const overhead = meanBetween(...scrapes, "ccr_router_overhead_seconds");
  const lag = valueOf(scrapes[1], "ccr_event_loop_lag_seconds", { stat: "p99" });
  return [
    compare("calls a minute", perMinute(nowPeriod), perMinute(beforePeriod), (value) => value.toFixed(1)),
    compare("duration, half below", quantile(durations(now), 0.5), quantile(durations(before), 0.5), formatMs),
    compare("duration, 95 % below", quantile(durations(now), 0.95), quantile(durations(before), 0.95), formatMs),
    compare("until the first byte, mean", meanOf(now, firstByte), meanOf(before, firstByte), formatMs),
    compare("tokens of an answer, mean", meanOf(now, output), meanOf(before, output), formatCount),
    compare("tokens of a prompt, mean", meanOf(now, input), meanOf(before, input), formatCount),
    compare("prompt cache", cachedInputShare(now), cachedInputShare(before), formatShare),
    compare("attempts a call", meanOf(now, attempts), meanOf(before, attempts), (value) => value.toFixed(2)),
    compare("router's own part", overhead === null ? null : overhead * 1e3, null, formatMs),
    compare("event loop's lag (p99)", lag === null ? null : lag * 1e3, null, formatMs),
    ...stateRows(scrapes[1]),
  ];
}

const duration = (call: CallSample): number => call.durationMs;
const firstByte = (call: CallSample): number | null => call.firstByteMs;
const output = (call: CallSample): number => call.outputTokens;
const input = (call: CallSample): number => call.inputTokens;
const attempts = (call: CallSample): number => call.attempts;

function speedOf(calls: readonly CallSample[]): Speed {
  const durationMs = meanOf(calls, duration) ?? 0;
  const firstByteMs = meanOf(calls, (call) => call.firstByteMs ?? call.durationMs) ?? 0;
  const outputTokens = meanOf(calls, output) ?? 0;
  return { durationMs, firstByteMs, outputTokens, msPerToken: (durationMs - firstByteMs) / Math.max(1, outputTokens) };
}

interface Comparison {
  readonly figures: LatencyFigures;
  readonly now: readonly CallSample[];
  readonly before: readonly CallSample[];
  readonly speed: Speed;
  readonly base: Speed;
  readonly riseMs: number;
}

function findCauses(comparison: Comparison): readonly Cause[] {
  const { speed, base, riseMs } = comparison;
  const router = routerMs(comparison.figures);
  const retries = retryMs(comparison);
  const longer = (speed.outputTokens - base.outputTokens) * base.msPerToken;
  const slower = riseMs - longer - router - retries;
  return rankCauses([
    slowProvider(comparison, slower),
    longer <= 0 ? null : longerAnswers(comparison, longer),
    busyRouter(comparison, router),
    retries <= 0 ? null : failedAttempts(comparison, retries),
  ]);
}

/** The part of a call that is the router's: its overhead beyond the usual millisecond, and what the event loop waits. */
function routerMs({ scrapes }: LatencyFigures): number {
  return Math.max(0, (meanBetween(...scrapes, "ccr_router_overhead_seconds") ?? 0) * 1e3 - 1);
}

/** What calls with several attempts take longer than those with one, over all calls, beyond what it was before. */
function retryMs({ now, before }: Comparison): number {
  const lost = (calls: readonly CallSample[]): number => {
    const again = calls.filter((call) => call.attempts > 1);
    const usual = meanOf(calls.filter(isAtOnce), duration) ?? meanOf(before.filter(isAtOnce), duration) ?? 0;
    const more = (meanOf(again, duration) ?? 0) - usual;
    return again.length === 0 ? 0 : (Math.max(0, more) * again.length) / calls.length;
  };
  return Math.max(0, lost(now) - lost(before));
}

function isAtOnce(call: CallSample): boolean {
  return call.attempts <= 1;
}

function slowProvider({ now, before, speed, base, riseMs, figures }: Comparison, slowerMs: number): Cause | null {
  const usualOf = (provider: string): number =>
    meanOf(
      before.filter((call) => call.provider === provider),
      duration,
    ) ?? base.durationMs;
  const [worst] = groupBy(now, ({ provider }) => provider)
    .map(([provider, calls]) => {
      const nowMs = meanOf(calls, duration) ?? 0;
      return { provider, calls, nowMs, usualMs: usualOf(provider), moreMs: (nowMs - usualOf(provider)) * calls.length };
    })
    .sort((a, b) => b.moreMs - a.moreMs);
  if (worst === undefined || slowerMs <= 0) return null;
  const { provider, calls, nowMs, usualMs } = worst;
  const queued = valueOf(figures.scrapes[1], "ccr_upstream_queued", { provider }) ?? 0;
  const cached = [cachedInputShare(now), cachedInputShare(before)] as const;
  return {
    title:
      before.length === 0 && speed.firstByteMs <= slowFirstByteMs
        ? `what provider ${provider} takes`
        : `provider ${provider} is slow`,
    share: slowerMs / riseMs,
    evidence: [
      `${provider}: ${formatMs(nowMs)} a call over ${formatCount(calls.length)} calls, ${before.length === 0 ? "nothing earlier to compare with" : `${formatMs(usualMs)} before`}`,
      ...(queued > 0 ? [`${formatCount(queued)} calls wait for a connection to it (maxSockets)`] : []),
      ...(cached[0] !== null && cached[1] !== null && cached[0] < cached[1] - 0.2
        ? [`its prompt cache held ${formatShare(cached[0])} of the input, ${formatShare(cached[1])} before`]
        : []),
    ],
    remedies: [
      `\`ccr investigate provider ${provider}\` looks closer`,
      "route to another target until it recovers: `routing.fallbacks`, or another `routing.default`",
      ...(queued > 0 ? [`raise providers.${provider}.maxSockets`] : []),
    ],
  };
}

function longerAnswers({ speed, base, riseMs, now, before }: Comparison, longerMs: number): Cause {
  const [busiest] = groupBy(now, ({ user }) => user);
  const [tokens, each] = [formatCount(speed.outputTokens), formatMs(speed.msPerToken)];
  return {
    title: before.length === 0 ? "the length of answers" : "answers are longer",
    share: longerMs / riseMs,
    evidence: [
      before.length === 0
        ? `${tokens} tokens an answer, ${each} for each, nothing earlier to compare with`
        : `${tokens} tokens an answer, ${formatCount(base.outputTokens)} before; the time for each is ${each} (${formatMs(base.msPerToken)} before)`,
      ...(busiest === undefined ? [] : [`most calls are of ${busiest[0]} (${formatCount(busiest[1].length)})`]),
    ],
    remedies: ["nothing is broken; a faster model for such work is a rule away (docs/routing.md)"],
  };
}

function busyRouter({ riseMs, figures: { scrapes } }: Comparison, routerOwnMs: number): Cause | null {
  const lagMs = (valueOf(scrapes[1], "ccr_event_loop_lag_seconds", { stat: "p99" }) ?? 0) * 1e3;
  const cpu = valueOf(scrapes[1], "ccr_cpu_usage_percent") ?? 0;
  if (routerOwnMs < 5 && lagMs < 100) return null;
  return {
    title: busyRouterTitle,
    share: Math.max(routerOwnMs, lagMs) / riseMs,
    evidence: [
      `${formatMs(routerOwnMs)} of a call are the router's own, its event loop lags by ${formatMs(lagMs)} (p99), CPU ${cpu.toFixed(0)} % of a core`,
    ],
    remedies: [
      '`curl "$url/debug/profile?seconds=10"` writes a CPU profile: what takes the time?',
      "start more instances or workers (`server.workers`)",
    ],
  };
}

function failedAttempts({ now, riseMs }: Comparison, lostMs: number): Cause {
  const again = now.filter((call) => call.attempts > 1);
  const share = again.length / now.length;
  return {
    title: "calls need several attempts",
    share: lostMs / riseMs,
    evidence: [`${formatShare(share)} of calls took more than one attempt, which cost ${formatMs(lostMs)} a call`],
    remedies: [
      "`ccr investigate errors` names the provider that fails first",
      "put it behind the others until it recovers",
    ],
  };
}
