/** `/api/overview`: the pulse of the router in one answer, for the console's first page. */
import { quietSeverity } from "../core/alert-severity.ts";
import type { AlertStore } from "../alerting/received/alert-store.ts";
import { dayMs } from "../core/time/durations.ts";
import { usdFromSum } from "../core/money.ts";
import { withinTime } from "../core/time/within-time.ts";
import type { Ledger } from "../costs/ledger/ledger.ts";
import type { OverallHealth } from "../monitoring/health/overall-health.ts";
import type { AdminRoute } from "./admin-route.ts";
import type { Activity } from "./recent-activity.ts";
import { jsonAnswer } from "./read-request.ts";

/** Answer of `/api/overview`. */
export interface Overview {
  readonly version: string;
  readonly nowMs: number;
  readonly uptimeSeconds: number;
  readonly health: OverallHealth;
  readonly callsInFlight: number;
  /** Of the UTC day, over all instances that share the ledger; null while it cannot be read. */
  readonly today: { readonly costUsd: number; readonly calls: number } | null;
  readonly activity: Activity;
  /** Those that fire, as Alertmanager told them; the worst first. */
  readonly alerts: readonly FiringAlert[];
}

export interface FiringAlert {
  readonly id: string;
  readonly name: string;
  readonly severity: string;
  readonly summary: string;
  readonly startedAtMs: number;
  /** Who looks after it; null: nobody said so. */
  readonly acknowledgedBy: string | null;
}

export interface OverviewSource {
  readonly version: string;
  uptimeSeconds(): number;
  health(): OverallHealth;
  nowMs(): number;
  activity(nowMs: number): Activity;
  callsInFlight(): number;
  readonly ledger: Pick<Ledger, "sums">;
  readonly alerts: Pick<AlertStore, "list">;
}

/** The rest of the page does not wait longer for a database that answers no query: one whose tables another session locks. */
const patienceMs = 3_000;

export function overviewRoutes(source: OverviewSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/overview",
      access: "admin",
      handle: async () => {
        const nowMs = source.nowMs();
        const [today, alerts] = await Promise.all([costToday(source, nowMs), firingAlerts(source)]);
        const overview: Overview = {
          version: source.version,
          nowMs,
          uptimeSeconds: Math.floor(source.uptimeSeconds()),
          health: source.health(),
          callsInFlight: source.callsInFlight(),
          today,
          activity: source.activity(nowMs),
          alerts,
        };
        return jsonAnswer(overview);
      },
    },
  ];
}

/** A ledger that cannot be read must not take the rest from the page. */
async function costToday({ ledger }: OverviewSource, nowMs: number): Promise<Overview["today"]> {
  const fromMs = Math.floor(nowMs / dayMs) * dayMs;
  try {
    const [sums] = await withinTime(ledger.sums({ fromMs, toMs: nowMs + 1, by: [] }), patienceMs);
    return { costUsd: usdFromSum(sums?.costNanoUsd ?? 0n), calls: sums?.calls ?? 0 };
  } catch {
    return null;
  }
}

const maxAlerts = 20;

/** Without the database there are none to show; its absence shows elsewhere. */
async function firingAlerts({ alerts }: OverviewSource): Promise<Overview["alerts"]> {
  try {
    const listed = await withinTime(alerts.list("firing", maxAlerts), patienceMs);
    const firing = listed.filter(({ severity }) => severity !== quietSeverity);
    const isCritical = (severity: string): number => (severity === "critical" ? 0 : 1);
    return firing
      .map(({ fingerprint, name, severity, annotations, startedAtMs, acknowledged }) => ({
        id: fingerprint,
        name,
        severity,
        summary: annotations["summary"] ?? "",
        startedAtMs,
        acknowledgedBy: acknowledged?.by ?? null,
      }))
      .sort((a, b) => isCritical(a.severity) - isCritical(b.severity));
  } catch {
    return [];
  }
}
