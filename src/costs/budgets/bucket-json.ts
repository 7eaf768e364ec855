/** A bucket and its use as programs are told of it, by `/api/budgets` and by the webhook alike. Pure. */
import type { JsonObject } from "../../core/json/json.ts";
import { usdFromNanoUsd } from "../../core/money.ts";
import type { BucketState } from "./store/budget-store.ts";

export function toBucketJson({ bucket, spentNanoUsd, heldNanoUsd }: BucketState): JsonObject {
  return {
    scope: bucket.scope,
    id: bucket.id === "" ? null : bucket.id,
    period: bucket.period,
    limitUsd: usdFromNanoUsd(bucket.limitNanoUsd),
    spentUsd: usdFromNanoUsd(spentNanoUsd),
    heldUsd: usdFromNanoUsd(heldNanoUsd),
    startsAt: new Date(bucket.startMs).toISOString(),
    resetsAt: new Date(bucket.endMs).toISOString(),
  };
}
