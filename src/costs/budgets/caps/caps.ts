/**
 * Caps: how much may be spent by whom in a window, and which of them apply to a call.
 *
 * A cap with an id holds for that one and replaces, for its scope and period, the one without, which holds for each
 * member by itself. `model` means the model that was asked for: it is known before a route is.
 */
import { MemberIndex } from "../../../core/collections/member-index.ts";
import { memberOf, memberScopes } from "../../../core/member-scope.ts";
import type { MemberScope } from "../../../core/member-scope.ts";
import type { NanoUsd } from "../../../core/money.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";
import { budgetPeriods, windowAt } from "./windows.ts";
import type { BudgetPeriod, WindowBounds } from "./windows.ts";

/** The amount of a cap that lifts, for its member, the one for each. */
export const uncapped: NanoUsd = Number.POSITIVE_INFINITY;

/** Whose money a call spends. */
export interface BudgetSubject {
  readonly user: string;
  readonly team: string | null;
  readonly tier: string;
  readonly keyId: string;
  readonly askedModel: string;
}

/** One cap in one window, for one member: what a store counts. */
export interface BudgetBucket extends WindowBounds {
  readonly scope: MemberScope;
  /** The member; "" for `all`. */
  readonly id: string;
  readonly period: BudgetPeriod;
  readonly limitNanoUsd: NanoUsd;
}

/** A cap of the admin API: one period, and defaults for the seats of a team or of all. */
export interface SeatCap {
  /** `user`: that user's; `team`, `all`: each user's default, unless a nearer one is set. */
  readonly scope: "user" | "team" | "all";
  readonly id: string;
  readonly period: BudgetPeriod;
  /** null: no cap, said on purpose (it lifts a default). */
  readonly limitNanoUsd: NanoUsd | null;
}

/** Every bucket that a call of `subject` at `atMs` must fit into. */
export function bucketsFor(
  subject: BudgetSubject,
  atMs: number,
  caps: readonly BudgetCap[],
  seatCaps: readonly SeatCap[],
): readonly BudgetBucket[] {
  const buckets: BudgetBucket[] = [];
  for (const period of budgetPeriods) {
    const { startMs, endMs } = windowAt(period, atMs);
    const add = (scope: MemberScope, id: string, limitNanoUsd: NanoUsd | null): void => {
      if (limitNanoUsd !== null && limitNanoUsd !== uncapped)
        buckets.push({ scope, id, period, limitNanoUsd, startMs, endMs });
    };
    for (const scope of memberScopes) {
      const id = memberOf(scope, subject, subject.askedModel);
      if (id !== null) add(scope, id, limitOf(caps, scope, id, period));
    }
    const seat = seatCaps.length === 0 ? undefined : seatCapFor(seatCaps, subject, period);
    if (seat !== undefined) {
      const configured = buckets.findIndex((bucket) => bucket.scope === "user" && bucket.period === period);
      if (configured >= 0) buckets.splice(configured, 1); // the admin API is nearer than the file
      add("user", subject.user, seat.limitNanoUsd);
    }
  }
  return buckets;
}

/**
 * Tells what the cap of a bucket allows now; null: none holds any more. A user's by seats of its team, which no bucket
 * tells: as it was.
 */
export function limitsNow(
  caps: readonly BudgetCap[],
  seatCaps: readonly SeatCap[],
): (bucket: Pick<BudgetBucket, "scope" | "id" | "period" | "limitNanoUsd">) => NanoUsd | null {
  const teamPeriods = teamSeatPeriods(seatCaps);
  return ({ scope, id, period, limitNanoUsd }) => {
    if (scope === "user") {
      const seat = seatCapFor(seatCaps, { user: id, team: null }, period);
      if (seat?.scope !== "user" && teamPeriods.includes(period)) return limitNanoUsd;
      if (seat !== undefined) return seat.limitNanoUsd;
    }
    const limit = limitOf(caps, scope, id, period);
    return limit === uncapped ? null : limit;
  };
}

/** The seat cap that holds for a user: its own, else its team's default, else everybody's. */
export function seatCapFor(
  seatCaps: readonly SeatCap[],
  subject: Pick<BudgetSubject, "user" | "team">,
  period: BudgetPeriod,
): SeatCap | undefined {
  const find = (scope: SeatCap["scope"], id: string | null): SeatCap | undefined =>
    seatCapIndex.find(seatCaps, scope, id).find((cap) => cap.period === period);
  return (
    find("user", subject.user) ?? (subject.team === null ? undefined : find("team", subject.team)) ?? find("all", null)
  );
}

/**
 * A user's buckets that only a team's seats may bring about. A call by way of another team fits under none of them and
 * counts in them all the same: they are the user's, and the ledger restores them with all of the user's calls.
 */
export function teamSeatBuckets(
  { user }: BudgetSubject,
  atMs: number,
  seatCaps: readonly SeatCap[],
): readonly BudgetBucket[] {
  return teamSeatPeriods(seatCaps).map((period) => {
    return { scope: "user", id: user, period, limitNanoUsd: uncapped, ...windowAt(period, atMs) };
  });
}

const knownPeriods = new WeakMap<readonly SeatCap[], readonly BudgetPeriod[]>();

/** Periods of which some team has seats. As `seatCaps` are read once, who changes them hands over another array. */
function teamSeatPeriods(seatCaps: readonly SeatCap[]): readonly BudgetPeriod[] {
  let periods = knownPeriods.get(seatCaps);
  if (periods === undefined) {
    const found = new Set(seatCaps.filter(({ scope }) => scope === "team").map(({ period }) => period));
    knownPeriods.set(seatCaps, (periods = [...found]));
  }
  return periods;
}

/** Name of a bucket, unique among all windows. */
export function bucketKey(bucket: BudgetBucket): string {
  return `${bucket.scope}:${bucket.period}:${bucket.startMs}:${bucket.id}`;
}

const capIndex = new MemberIndex<BudgetCap>();
const seatCapIndex = new MemberIndex<SeatCap>();

function limitOf(caps: readonly BudgetCap[], scope: MemberScope, id: string, period: BudgetPeriod): NanoUsd | null {
  for (const cap of capIndex.find(caps, scope, id)) {
    const amount = amountOf(cap, period);
    if (amount !== null) return amount;
  }
  let limit: NanoUsd | null = null;
  for (const cap of capIndex.find(caps, scope, null)) {
    const amount = amountOf(cap, period);
    if (amount !== null) limit = limit === null ? amount : Math.min(limit, amount);
  }
  return limit;
}

/** What a cap allows in a window of `period`; null where it says nothing of such windows. */
export function amountOf(cap: BudgetCap, period: BudgetPeriod): NanoUsd | null {
  if (period === "daily") return cap.dailyNanoUsd;
  return period === "weekly" ? cap.weeklyNanoUsd : cap.monthlyNanoUsd;
}
