/** The buckets of all who spent something in a running window, the fullest first: for lists of budgets. */
import type { Ledger } from "../../ledger/ledger.ts";
import type { BudgetCap } from "../../../core/money-settings.ts";
import type { BudgetBucket, BudgetSubject, SeatCap } from "./caps.ts";
import { bucketKey, bucketsFor } from "./caps.ts";
import { budgetPeriods, windowAt } from "./windows.ts";

/** More groups of user, team, tier, key and model than an organisation has in a month. */
const maxGroups = 200_000;
/** A name that nobody has: for caps whose member has not spent anything yet. */
const nobody: BudgetSubject = { user: "", team: null, tier: "", keyId: "", askedModel: "" };

/** At most `limit`. Caps that name their member, and those for all together, are found before anybody spends. */
export async function findBuckets(
  ledger: Pick<Ledger, "sums">,
  caps: readonly BudgetCap[],
  seatCaps: readonly SeatCap[],
  nowMs: number,
  limit: number,
): Promise<readonly BudgetBucket[]> {
  const found = new Map<string, { readonly bucket: BudgetBucket; spentNanoUsd: bigint }>();
  const add = (bucket: BudgetBucket, spentNanoUsd: bigint): void => {
    const key = bucketKey(bucket);
    const known = found.get(key) ?? { bucket, spentNanoUsd: 0n };
    known.spentNanoUsd += spentNanoUsd;
    found.set(key, known);
  };
  for (const subject of namedSubjects(caps, seatCaps)) {
    for (const bucket of bucketsFor(subject, nowMs, caps, seatCaps)) {
      if (bucket.scope === "all" || bucket.id !== "") add(bucket, 0n); // not those of the nameless
    }
  }
  for (const period of budgetPeriods) {
    const { startMs, endMs } = windowAt(period, nowMs);
    const by = ["user", "team", "tier", "key", "askedModel"] as const;
    for (const { group, costNanoUsd } of await ledger.sums({ fromMs: startMs, toMs: endMs, by, limit: maxGroups })) {
      const { user = "", team = "", tier = "", key = "", askedModel = "" } = group;
      const subject = { user, team: team === "" ? null : team, tier, keyId: key, askedModel };
      for (const bucket of bucketsFor(subject, nowMs, caps, seatCaps)) {
        if (bucket.period === period) add(bucket, costNanoUsd);
      }
    }
  }
  return [...found.values()]
    .sort((a, b) => fullness(b) - fullness(a))
    .slice(0, limit)
    .map(({ bucket }) => bucket);
}

/** Who is named by a cap, and nobody, for the cap on all together. A team's seat caps are its users', who are not known here. */
function namedSubjects(caps: readonly BudgetCap[], seatCaps: readonly SeatCap[]): readonly BudgetSubject[] {
  const named = [...caps, ...seatCaps.filter(({ scope }) => scope === "user")].flatMap(({ scope, id }) =>
    id === null || scope === "all" ? [] : [{ ...nobody, [subjectFields[scope]]: id }],
  );
  return [...named, nobody];
}

const subjectFields = { user: "user", team: "team", tier: "tier", key: "keyId", model: "askedModel" } as const;

function fullness({ bucket, spentNanoUsd }: { readonly bucket: BudgetBucket; readonly spentNanoUsd: bigint }): number {
  return bucket.limitNanoUsd === 0 ? Number.POSITIVE_INFINITY : Number(spentNanoUsd) / bucket.limitNanoUsd;
}
