/** What fails, and whose fault is it? The largest group of equal failures is the likeliest cause. Pure. */
import { errorTable, faultOf } from "../../core/errors/error-table.ts";
import type { ErrorCode, Fault } from "../../core/errors/error-table.ts";
import { formatCount, formatShare } from "../figures.ts";
import type { Verdict } from "../finding.ts";
import { increaseBy } from "../metrics-text.ts";
import type { Scrape } from "../metrics-text.ts";
import { compare, rankCauses } from "./diagnosis.ts";
import type { Cause, Diagnosis } from "./diagnosis.ts";
import { failedShare, groupBy, isFailed, perMinute } from "./period.ts";
import type { CallSample, Period } from "./period.ts";

export interface ErrorFigures {
  readonly now: Period;
  readonly before: Period;
  readonly scrapes: readonly [Scrape, Scrape];
}

/** Of calls that failed by no fault of their callers. */
const limits = { warning: 0.01, critical: 0.05 };

export function judgeErrors({ now, before, scrapes }: ErrorFigures): Diagnosis {
  const failed = now.calls.filter(isFailed);
  const share = failedShare(now.calls);
  const usual = failedShare(before.calls);
  const harmful = failed.filter((call) => faultOfCall(call) !== "caller").length / Math.max(1, now.calls.length);
  const hidden = increaseBy(...scrapes, "ccr_failovers_total", "provider");
  const causes = rankCauses(
    groupBy(failed, groupKey).map(([, calls]) => causeOf(calls, failed.length, before.calls, now.calls)),
  );
  const figures = [
    compare("calls a minute", perMinute(now), perMinute(before), (value) => value.toFixed(1)),
    compare("failed", share, usual, formatShare),
    compare("failed by callers' fault", share === null ? null : share - harmful, null, formatShare),
    ...hidden.map(({ value, increase }) => ({
      name: `fail-overs from ${value} (healed)`,
      now: `${formatCount(increase)} while watching`,
      before: null,
    })),
  ];
  return { verdict: verdictFor(harmful), headline: headlineFor(share, usual, causes), figures, causes };
}

function verdictFor(harmful: number): Verdict {
  if (harmful >= limits.critical) return "critical";
  return harmful >= limits.warning ? "warning" : "ok";
}

function headlineFor(share: number | null, usual: number | null, causes: readonly Cause[]): string {
  if (share === null) return "no call ended in this time: nothing to judge";
  const before = usual === null ? "nothing earlier to compare with" : `${formatShare(usual)} before`;
  if (share === 0) return `no call failed (${before})`;
  const [likeliest] = causes;
  const cause = likeliest === undefined ? "" : `; most likely: ${likeliest.title}`;
  return `${formatShare(share)} of calls fail (${before})${cause}`;
}

function codeOf({ errorCode }: CallSample): ErrorCode {
  return errorCode !== null && errorCode in errorTable ? (errorCode as ErrorCode) : "router_failed";
}

function faultOfCall(call: CallSample): Fault {
  return faultOf(codeOf(call));
}

function groupKey(call: CallSample): string {
  return `${codeOf(call)} ${faultOfCall(call) === "provider" ? call.provider : ""}`;
}

function causeOf(
  calls: readonly CallSample[],
  allFailed: number,
  before: readonly CallSample[],
  now: readonly CallSample[],
): Cause {
  const first = calls[0]!;
  const code = codeOf(first);
  const { cause, remedy } = errorTable[code];
  const isProviders = faultOf(code) === "provider" && first.provider !== "";
  const earlier = before.filter((call) => isFailed(call) && groupKey(call) === groupKey(first)).length;
  const [user, ofUser] = groupBy(calls, (call) => call.user)[0]!;
  return {
    title: `${code}${isProviders ? ` at ${first.provider}` : ""}: ${lowerFirst(cause)}`,
    share: calls.length / allFailed,
    evidence: [
      `${formatCount(calls.length)} of ${formatCount(allFailed)} failures; ${formatCount(earlier)} of this kind before`,
      ...(first.errorMessage === null ? [] : [`the newest says: ${first.errorMessage}`]),
      ...(ofUser.length === calls.length && calls.length > 1 && now.some((call) => call.user !== user)
        ? [`all are of ${user}`]
        : []),
      `one of them: ${first.id} (\`/api/calls/${first.id}\` has the whole account)`,
    ],
    remedies: [remedy, ...(isProviders ? [`\`ccr investigate provider ${first.provider}\` looks closer`] : [])],
  };
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1).replace(/\.$/, "")}`;
}
