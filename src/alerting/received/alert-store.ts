/**
 * Alerts that were told, in the ledger's database: one row for each fingerprint, and its history.
 *
 * Told again, by another Alertmanager or to another router, an alert stays one row, and each beginning and end one
 * event. The newest notification counts: only the end of an earlier firing cannot end the one that runs. Bounded by
 * count; what fires is kept longest.
 */
import type { Clock } from "../../core/time/clock.ts";
import { parseJson } from "../../core/json/json.ts";
import type { LedgerTables, SqlRow, SqlStatement } from "../../costs/ledger/ledger.ts";
import type { AlertEvent, AlertState, StoredAlert, ToldAlert } from "./told-alert.ts";

export interface AlertStore {
  /** Takes over a notification, all of it or (where the database cannot be written) nothing: then it rejects. */
  receive(alerts: readonly ToldAlert[]): Promise<void>;
  /** What fires first, then by the time of the last notification, newest first. `state` null: all. */
  list(state: AlertState | null, limit: number): Promise<readonly StoredAlert[]>;
  get(fingerprint: string): Promise<StoredAlert | null>;
  /** Newest first. */
  history(fingerprint: string, limit: number): Promise<readonly AlertEvent[]>;
  /** Notes that somebody looks after it; null where there is no such alert. A resolved one may be acknowledged too. */
  acknowledge(fingerprint: string, by: string, note: string): Promise<StoredAlert | null>;
}

export interface AlertBounds {
  readonly maxAlerts: number;
  readonly maxEvents: number;
}

const defaultBounds: AlertBounds = { maxAlerts: 1_000, maxEvents: 10_000 };

/** SQLite and PostgreSQL both want a limit before an offset. */
const everything = 1_000_000_000;

const inOrder = "ORDER BY CASE state WHEN 'firing' THEN 0 ELSE 1 END, last_told_at_ms DESC, fingerprint";

export function createAlertStore(tables: LedgerTables, clock: Clock, bounds: AlertBounds = defaultBounds): AlertStore {
  const select = async (where: string, parameters: readonly (string | number)[]): Promise<readonly StoredAlert[]> =>
    (await tables.query(`SELECT * FROM alerts ${where} ${inOrder} LIMIT ?`, parameters)).map(toAlert);
  const get = async (fingerprint: string): Promise<StoredAlert | null> =>
    (await select("WHERE fingerprint = ?", [fingerprint, 1]))[0] ?? null;
  return {
    get,
    async receive(alerts) {
      const nowMs = clock.nowMs();
      // In one order everywhere: two routers that take the same ones at once would else wait for each other.
      const ordered = [...alerts].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
      const rows = ordered.flatMap((alert) => [upsert(alert, nowMs), ...eventsOf(alert)]);
      if (rows.length > 0) await tables.write([...rows, ...prune(bounds)]);
    },
    list: (state, limit) => (state === null ? select("", [limit]) : select("WHERE state = ?", [state, limit])),
    async history(fingerprint, limit) {
      const sql = "SELECT * FROM alert_events WHERE fingerprint = ? ORDER BY at_ms DESC, seq DESC LIMIT ?";
      return (await tables.query(sql, [fingerprint, limit])).map(toEvent);
    },
    async acknowledge(fingerprint, by, note) {
      if ((await get(fingerprint)) === null) return null;
      const atMs = clock.nowMs();
      const sql =
        "UPDATE alerts SET acknowledged_at_ms = ?, acknowledged_by = ?, acknowledged_note = ? WHERE fingerprint = ?";
      await tables.write([
        { sql, parameters: [atMs, by, note, fingerprint] },
        insertEvent({ fingerprint, what: "acknowledged", atMs, actor: by, note }),
      ]);
      return get(fingerprint);
    },
  };
}

/** An acknowledgement belongs to one firing: it goes when the alert comes back after its end, or with a later start. */
const keepsAcknowledgement = `excluded.started_at_ms <= alerts.started_at_ms
  AND NOT (alerts.state = 'resolved' AND excluded.state = 'firing')`;

function upsert(alert: ToldAlert, nowMs: number): SqlStatement {
  const { fingerprint, state, labels, annotations, sourceUrl, startedAtMs, endedAtMs } = alert;
  const kept = (column: string): string =>
    `${column} = CASE WHEN ${keepsAcknowledgement} THEN alerts.${column} ELSE NULL END`;
  return {
    sql: `INSERT INTO alerts (fingerprint, name, severity, state, labels, annotations, source_url,
        started_at_ms, ended_at_ms, first_told_at_ms, last_told_at_ms, times_told)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
      ON CONFLICT (fingerprint) DO UPDATE SET
        ${["acknowledged_at_ms", "acknowledged_by", "acknowledged_note"].map(kept).join(", ")},
        state = excluded.state, labels = excluded.labels, annotations = excluded.annotations,
        source_url = excluded.source_url, started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms,
        last_told_at_ms = excluded.last_told_at_ms, times_told = alerts.times_told + 1
      WHERE NOT (excluded.state = 'resolved' AND alerts.state = 'firing'
        AND excluded.ended_at_ms < alerts.started_at_ms)`,
    parameters: [
      fingerprint,
      labels["alertname"] ?? "",
      labels["severity"] ?? "",
      state,
      JSON.stringify(labels),
      JSON.stringify(annotations),
      sourceUrl,
      startedAtMs,
      endedAtMs,
      nowMs,
      nowMs,
    ],
  };
}

/** An end that is told without its beginning tells of both. */
function eventsOf({ fingerprint, startedAtMs, endedAtMs }: ToldAlert): SqlStatement[] {
  const began = insertEvent({ fingerprint, what: "firing", atMs: startedAtMs, actor: "", note: "" });
  if (endedAtMs === null) return [began];
  return [began, insertEvent({ fingerprint, what: "resolved", atMs: endedAtMs, actor: "", note: "" })];
}

function insertEvent({ fingerprint, what, atMs, actor, note }: AlertEvent): SqlStatement {
  return {
    sql: `INSERT INTO alert_events (fingerprint, what, at_ms, actor, note) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (fingerprint, what, at_ms) DO NOTHING`,
    parameters: [fingerprint, what, atMs, actor, note],
  };
}

function prune({ maxAlerts, maxEvents }: AlertBounds): SqlStatement[] {
  return [
    {
      sql: `DELETE FROM alerts WHERE fingerprint IN (SELECT fingerprint FROM alerts ${inOrder} LIMIT ? OFFSET ?)`,
      parameters: [everything, maxAlerts],
    },
    {
      sql: "DELETE FROM alert_events WHERE seq IN (SELECT seq FROM alert_events ORDER BY seq DESC LIMIT ? OFFSET ?)",
      parameters: [everything, maxEvents],
    },
  ];
}

function toAlert(row: SqlRow): StoredAlert {
  const at = row["acknowledged_at_ms"];
  const texts = (column: string): Record<string, string> => parseJson(String(row[column])) as Record<string, string>;
  return {
    fingerprint: String(row["fingerprint"]),
    name: String(row["name"]),
    severity: String(row["severity"]),
    state: row["state"] as AlertState,
    labels: texts("labels"),
    annotations: texts("annotations"),
    sourceUrl: String(row["source_url"]),
    startedAtMs: Number(row["started_at_ms"]),
    endedAtMs: row["ended_at_ms"] === null ? null : Number(row["ended_at_ms"]),
    firstToldAtMs: Number(row["first_told_at_ms"]),
    lastToldAtMs: Number(row["last_told_at_ms"]),
    timesTold: Number(row["times_told"]),
    acknowledged:
      at === null
        ? null
        : { atMs: Number(at), by: String(row["acknowledged_by"]), note: String(row["acknowledged_note"]) },
  };
}

function toEvent(row: SqlRow): AlertEvent {
  return {
    fingerprint: String(row["fingerprint"]),
    what: row["what"] as AlertEvent["what"],
    atMs: Number(row["at_ms"]),
    actor: String(row["actor"]),
    note: String(row["note"]),
  };
}
