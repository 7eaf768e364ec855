/** Why does it cost so much? What an hour costs now against before, and who, which model or what habit is behind it. Pure. */
import { hourMs } from "../../core/time/durations.ts";
import { formatCount, formatShare, formatDollars } from "../figures.ts";
import type { Verdict } from "../finding.ts";
import { compare, rankCauses } from "./diagnosis.ts";
import type { Cause, Diagnosis } from "./diagnosis.ts";

/** A line of `/api/costs/summary`. */
export interface SpendLine {
  readonly name: string;
  readonly calls: number;
  readonly costUsd: number;
  readonly failedCostUsd: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

/** Spending in a stretch of whole hours and the running one. */
export interface Spending {
  readonly spanMs: number;
  readonly byUser: readonly SpendLine[];
  readonly byModel: readonly SpendLine[];
}

export interface CostFigures {
  readonly now: Spending;
  readonly before: Spending;
  /** Models that are charged at the fallback price: no price book knows them. */
  readonly unknownModels: readonly string[];
}

/** Money that nobody is woken for, a hour. */
const smallUsd = 0.1;

interface Hour {
  readonly usd: number;
  readonly calls: number;
  readonly perCallUsd: number;
  readonly failedUsd: number;
  readonly cachedShare: number | null;
  readonly outputPerCall: number;
}

export function judgeCosts(figures: CostFigures): Diagnosis {
  const [now, before] = [hourOf(figures.now), hourOf(figures.before)];
  const earlier = before.calls > 0 ? before : null;
  const riseUsd = now.usd - (earlier?.usd ?? 0);
  const isUsual = riseUsd < smallUsd || (earlier !== null && now.usd < earlier.usd * 1.5);
  const causes = isUsual && earlier !== null ? [] : findCauses(figures, now, before, riseUsd);
  const rows = [
    compare("cost an hour", now.usd, earlier?.usd ?? null, formatDollars),
    compare("calls an hour", now.calls, earlier?.calls ?? null, formatCount),
    compare("cost a call", now.perCallUsd, earlier?.perCallUsd ?? null, formatDollars),
    compare("prompt cache", now.cachedShare, earlier?.cachedShare ?? null, formatShare),
    compare("tokens of an answer", now.outputPerCall, earlier?.outputPerCall ?? null, formatCount),
    compare("for calls that failed, an hour", now.failedUsd, earlier?.failedUsd ?? null, formatDollars),
  ];
  const verdict = isUsual || earlier === null ? "ok" : verdictOfRise(now, earlier);
  return { verdict, headline: headlineFor(now, earlier, isUsual, causes), figures: rows, causes };
}

function verdictOfRise(now: Hour, before: Hour): Verdict {
  return now.usd >= before.usd * 5 ? "critical" : "warning";
}

function headlineFor(now: Hour, before: Hour | null, isUsual: boolean, causes: readonly Cause[]): string {
  if (now.calls === 0) return "nothing was spent in this time";
  const hour = `${formatDollars(now.usd)} an hour`;
  if (before === null) return `${hour}; there is no earlier spending to compare with`;
  if (isUsual) return `${hour}, as before (${formatDollars(before.usd)})`;
  const [likeliest] = causes;
  return `${hour} instead of ${formatDollars(before.usd)}${likeliest === undefined ? "" : `; most likely: ${likeliest.title}`}`;
}

function hourOf({ byUser, spanMs }: Spending): Hour {
  const sum = (read: (line: SpendLine) => number): number => byUser.reduce((total, line) => total + read(line), 0);
  const perHour = spanMs === 0 ? 0 : hourMs / spanMs;
  const calls = sum((line) => line.calls);
  const input = sum((line) => line.inputTokens);
  const usd = sum((line) => line.costUsd);
  return {
    usd: usd * perHour,
    calls: calls * perHour,
    perCallUsd: usd / Math.max(1, calls),
    failedUsd: sum((line) => line.failedCostUsd) * perHour,
    cachedShare: input === 0 ? null : sum((line) => line.cacheReadTokens) / input,
    outputPerCall: sum((line) => line.outputTokens) / Math.max(1, calls),
  };
}

function findCauses(figures: CostFigures, now: Hour, before: Hour, riseUsd: number): readonly Cause[] {
  return rankCauses([
    oneOf("user", figures, riseUsd),
    oneOf("model", figures, riseUsd),
    coldPromptCache(now, before, riseUsd),
    unknownPrices(figures, now),
    failures(now, before, riseUsd),
  ]);
}

/** The user or model whose spending rose most. */
function oneOf(what: "user" | "model", { now, before }: CostFigures, riseUsd: number): Cause | null {
  const lines = (spending: Spending): readonly SpendLine[] => (what === "user" ? spending.byUser : spending.byModel);
  const hourly = (spending: Spending, name: string): number =>
    ((lines(spending).find((line) => line.name === name)?.costUsd ?? 0) * hourMs) / Math.max(1, spending.spanMs);
  const rises = lines(now)
    .map(({ name, calls }) => ({ name, calls, nowUsd: hourly(now, name), beforeUsd: hourly(before, name) }))
    .sort((a, b) => b.nowUsd - b.beforeUsd - (a.nowUsd - a.beforeUsd));
  const [first] = rises;
  if (first === undefined || rises.length === 1) return null;
  const { name, nowUsd, beforeUsd, calls } = first;
  const label = name === "" ? "(none)" : name;
  const isFirst = before.byUser.length === 0;
  return {
    title: `${what} ${label} spends ${isFirst ? "most" : "more"}`,
    share: (nowUsd - beforeUsd) / riseUsd,
    evidence: [
      `${label}: ${formatDollars(nowUsd)} an hour${isFirst ? "" : `, ${formatDollars(beforeUsd)} before`}, in ${formatCount(calls)} calls`,
    ],
    remedies:
      what === "user"
        ? [
            `\`ccr costs --by session\` shows what they work on`,
            `a cap: \`PUT /api/budgets\` with scope user, id ${label}`,
          ]
        : ["`ccr costs --by user` shows who asks for it", "`routing` rules can send such work to a cheaper model"],
  };
}

/** A read from the prompt cache costs about a tenth: what is missing is paid ten times. */
function coldPromptCache(now: Hour, before: Hour, riseUsd: number): Cause | null {
  if (now.cachedShare === null || before.cachedShare === null) return null;
  const lost = before.cachedShare - now.cachedShare;
  if (lost < 0.15) return null;
  const usual = 1 - 0.9 * before.cachedShare;
  const paid = (1 - 0.9 * now.cachedShare - usual) / usual;
  return {
    title: "prompts come from the provider's cache less often",
    share: ((now.usd / (1 + paid)) * paid) / riseUsd,
    evidence: [`${formatShare(now.cachedShare)} of the input was cached, ${formatShare(before.cachedShare)} before`],
    remedies: ["sessions must stay where they are: `routing.affinity`; and see whether rules or fail-overs move them"],
  };
}

function unknownPrices({ unknownModels, now }: CostFigures, hour: Hour): Cause | null {
  const unknown = now.byModel.filter(({ name }) => unknownModels.includes(name));
  const usd = unknown.reduce((sum, { costUsd }) => sum + costUsd, 0) * (hourMs / Math.max(1, now.spanMs));
  if (usd === 0) return null;
  return {
    title: "models without a known price are charged at the fallback price",
    share: usd / Math.max(1e-9, hour.usd),
    evidence: [`${unknown.map(({ name }) => name).join(", ")}: ${formatDollars(usd)} an hour by the fallback price`],
    remedies: ["state their price in `prices.overrides`, then `ccr costs reprice`"],
  };
}

function failures(now: Hour, before: Hour, riseUsd: number): Cause | null {
  const more = now.failedUsd - before.failedUsd;
  if (more <= 0) return null;
  return {
    title: "calls that fail cost money",
    share: more / riseUsd,
    evidence: [
      `${formatDollars(now.failedUsd)} an hour went to calls that failed${before.calls === 0 ? "" : `, ${formatDollars(before.failedUsd)} before`}`,
    ],
    remedies: ["`ccr investigate errors` names the cause"],
  };
}
