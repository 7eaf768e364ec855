/** `/api/overview`: the pulse of the router in one answer, for the console's first page. */
import type { JsonValue } from "../core/json.ts";
import { usdFromSum } from "../costs/reports/cost-report.ts";
import type { Ledger } from "../costs/ledger/ledger.ts";
import type { AdminRoute } from "./admin-route.ts";
import type { Activity } from "./console-activity.ts";

export interface OverviewSource {
  nowMs(): number;
  activity(nowMs: number): Activity;
  callsInFlight(): number;
  readonly ledger: Pick<Ledger, "sums">;
}

const dayMs = 86_400_000;

export function overviewRoutes(source: OverviewSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/overview",
      access: "admin",
      handle: async () => {
        const nowMs = source.nowMs();
        const today = await costToday(source, nowMs);
        const body = { nowMs, callsInFlight: source.callsInFlight(), today, activity: source.activity(nowMs) };
        return { status: 200, headers: { "cache-control": "no-store" }, body: body as unknown as JsonValue };
      },
    },
  ];
}

/** Of the UTC day, over all instances that share the ledger; null while it cannot be read: the rest still shows. */
async function costToday({ ledger }: OverviewSource, nowMs: number): Promise<JsonValue> {
  const fromMs = Math.floor(nowMs / dayMs) * dayMs;
  try {
    const [sums] = await ledger.sums({ fromMs, toMs: nowMs + 1, by: [] });
    return { costUsd: usdFromSum(sums?.costNanoUsd ?? 0n), calls: sums?.calls ?? 0 };
  } catch {
    return null;
  }
}
