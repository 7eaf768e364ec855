/** Alerts as the API shows them: `GET /api/alerts` and `ccr alerts --json`. */
import type { JsonObject } from "../../core/json/json.ts";
import { isoTime } from "../../core/time/iso-time.ts";
import type { AlertEvent, StoredAlert } from "./told-alert.ts";

export function toAlertJson(alert: StoredAlert): JsonObject {
  const { acknowledged } = alert;
  return {
    id: alert.fingerprint,
    name: alert.name,
    severity: alert.severity,
    state: alert.state,
    summary: alert.annotations["summary"] ?? "",
    description: alert.annotations["description"] ?? "",
    runbook_url: alert.annotations["runbook_url"] ?? null,
    started_at: isoTime(alert.startedAtMs),
    ended_at: alert.endedAtMs === null ? null : isoTime(alert.endedAtMs),
    first_told_at: isoTime(alert.firstToldAtMs),
    last_told_at: isoTime(alert.lastToldAtMs),
    times_told: alert.timesTold,
    acknowledged:
      acknowledged === null ? null : { at: isoTime(acknowledged.atMs), by: acknowledged.by, note: acknowledged.note },
    labels: { ...alert.labels },
    annotations: { ...alert.annotations },
    source_url: alert.sourceUrl,
  };
}

export function toAlertEventJson({ what, atMs, actor, note }: AlertEvent): JsonObject {
  return { what, at: isoTime(atMs), ...(what === "acknowledged" ? { by: actor, note } : {}) };
}
