/** What is wrong with this provider? Its health, its failures, its speed, and whether it can be reached. Pure. */
import { errorTable } from "../../core/errors/error-table.ts";
import type { ErrorCode } from "../../core/errors/error-table.ts";
import type { ProviderHealth } from "../../monitoring/health/provider-health.ts";
import { formatCount, formatMs } from "../figures.ts";
import { verdictOf } from "../finding.ts";
import type { Finding, Verdict } from "../finding.ts";
import { increaseBy, quantileBetween, valueOf } from "../metrics-text.ts";
import type { Scrape } from "../metrics-text.ts";
import { compare, rankCauses } from "./diagnosis.ts";
import type { Cause, Diagnosis } from "./diagnosis.ts";
import { isFailed, meanOf, servedCalls } from "./period.ts";
import type { CallSample, Period } from "./period.ts";

export interface BreakerFigures {
  readonly name: string;
  readonly kind: string;
  readonly reason: string | null;
}

export interface ProviderFigures {
  readonly provider: string;
  readonly health: Pick<ProviderHealth, "status" | "score" | "parts" | "lastError"> | null;
  readonly breakers: readonly BreakerFigures[];
  readonly now: Period;
  readonly before: Period;
  readonly scrapes: readonly [Scrape, Scrape];
  /** Findings of the connectivity check; empty where the configuration is not at hand. */
  readonly connectivity: readonly Finding[];
}

export function judgeProvider(figures: ProviderFigures): Diagnosis {
  const { provider, health, connectivity } = figures;
  const errors = increaseBy(...figures.scrapes, "ccr_provider_errors_total", "error_type", { provider });
  const causes = rankCauses([
    ...connectivity.filter(({ status }) => status === "critical").map(unreachable),
    failing(figures, errors),
    limited(figures),
    slow(figures),
    openBreakers(figures),
  ]);
  const verdict = verdictFor(health?.status ?? null, connectivity, causes);
  const state = health === null ? "its health is not known" : `${health.status}, score ${health.score.toFixed(2)}`;
  const [likeliest] = causes;
  const headline = `${provider}: ${state}${likeliest === undefined ? "" : `; most likely: ${likeliest.title}`}`;
  return { verdict, headline, figures: rowsOf(figures, errors), causes };
}

function verdictFor(status: string | null, connectivity: readonly Finding[], causes: readonly Cause[]): Verdict {
  const reach = verdictOf(connectivity);
  if (status === "unhealthy" || reach === "critical") return "critical";
  return status === "degraded" || reach === "warning" || causes.length > 0 ? "warning" : "ok";
}

function callsOf({ calls }: Period, provider: string): readonly CallSample[] {
  return calls.filter((call) => call.provider === provider);
}

type Errors = ReturnType<typeof increaseBy>;

function rowsOf(figures: ProviderFigures, errors: Errors): Diagnosis["figures"] {
  const { provider, now, before, scrapes, health } = figures;
  const [calls, earlier] = [callsOf(now, provider), callsOf(before, provider)];
  const duration = (list: readonly CallSample[]): number | null => meanOf(servedCalls(list), (call) => call.durationMs);
  const firstByte = (list: readonly CallSample[]): number | null =>
    meanOf(servedCalls(list), (call) => call.firstByteMs);
  const p95 = quantileBetween(...scrapes, "ccr_provider_latency_seconds", 0.95, { provider });
  return [
    ...(health === null
      ? []
      : Object.entries(health.parts).map(([name, part]) => ({
          name: `score: ${name}`,
          now: part.toFixed(2),
          before: null,
        }))),
    compare("calls served", calls.length, earlier.length, formatCount),
    compare("duration, mean", duration(calls), duration(earlier), formatMs),
    compare("until the first byte, mean", firstByte(calls), firstByte(earlier), formatMs),
    compare("attempts, 95 % below (watched)", p95 === null ? null : p95 * 1e3, null, formatMs),
    compare("sockets", valueOf(scrapes[1], "ccr_upstream_sockets", { provider }), null, formatCount),
    compare("requests that wait for one", valueOf(scrapes[1], "ccr_upstream_queued", { provider }), null, formatCount),
    ...errors.map(({ value, increase }) => ({
      name: value,
      now: `${formatCount(increase)} while watching`,
      before: null,
    })),
  ];
}

function unreachable({ check, summary, remedy }: Finding): Cause {
  return { title: `${check}: ${summary}`, share: 1, evidence: [], remedies: remedy === null ? [] : [remedy] };
}

/**
 * The commonest failure: of attempts while watching, else of answers that broke off, else the last one known. A call that
 * nobody served has no provider in the ledger: how many it failed, the ledger cannot tell.
 */
function failing({ provider, now, health, scrapes }: ProviderFigures, errors: Errors): Cause | null {
  const cut = callsOf(now, provider).filter((call) => isFailed(call) && call.errorCode?.startsWith("provider_"));
  const codes = errors.filter(({ value }) => value !== "provider_circuit_open" && value in errorTable);
  const code = (codes[0]?.value ?? cut[0]?.errorCode ?? health?.lastError?.code) as ErrorCode | undefined;
  if (code === undefined || health === null) return null;
  const requests = increaseBy(...scrapes, "ccr_provider_requests_total", "status", { provider });
  const attempts = requests.reduce((sum, { increase }) => sum + increase, 0);
  const share = 1 - health.parts.success;
  return {
    title: `${code}: ${errorTable[code].cause.replace(/\.$/, "")}`,
    share: code === "provider_rate_limited" ? share * 0.9 : share,
    evidence: [
      ...(cut.length > 0 ? [`${formatCount(cut.length)} of its answers broke off in the window`] : []),
      ...(attempts > 0
        ? [`${formatCount(codes[0]?.increase ?? 0)} of ${formatCount(attempts)} attempts while watching`]
        : []),
      ...(health.lastError === null ? [] : [`the last error: ${health.lastError.message}`]),
    ],
    remedies: [errorTable[code].remedy],
  };
}

function limited({ health, provider }: ProviderFigures): Cause | null {
  if (health === null) return null;
  return {
    title: "its rate limits, or keys that cool down",
    share: 1 - health.parts.headroom,
    evidence: [`headroom ${health.parts.headroom.toFixed(2)} of 1: attempts are limited, or keys rest`],
    remedies: [`add keys to providers.${provider}.keys, a fallback, or ask for a higher limit`],
  };
}

function slow({ health, now, before, provider }: ProviderFigures): Cause | null {
  if (health === null) return null;
  const duration = (period: Period): number | null =>
    meanOf(servedCalls(callsOf(period, provider)), (call) => call.durationMs);
  const [current, usual] = [duration(now), duration(before)];
  return {
    title: "it is slower than usual",
    share: 1 - health.parts.latency,
    evidence: [
      `latency part ${health.parts.latency.toFixed(2)} of 1`,
      ...(current !== null && usual !== null ? [`${formatMs(current)} a call, ${formatMs(usual)} before`] : []),
    ],
    remedies: ["route elsewhere until it recovers; its status page may know more"],
  };
}

function openBreakers({ breakers }: ProviderFigures): Cause | null {
  const open = breakers.filter(({ kind }) => kind !== "closed");
  if (open.length === 0) return null;
  return {
    title: "its circuit breaker keeps calls away",
    share: 0.3,
    evidence: open.map(({ name, kind, reason }) => `${name} is ${kind}${reason === null ? "" : `: ${reason}`}`),
    remedies: [
      "it tries again by itself; once the cause is mended it can be reset:",
      ...open.map(({ name }) => `\`POST /debug/circuit-breakers/${encodeURIComponent(name)}/reset\``),
    ],
  };
}
