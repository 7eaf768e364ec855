/**
 * Reads a notification of Alertmanager's webhook, version 4
 * (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
 *
 * The frame is read strictly, alerts tolerantly: one that makes no sense is counted, and does not hide the others.
 */
import { hash } from "node:crypto";
import { isJsonObject, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import type { ToldAlert } from "./told-alert.ts";

export type WebhookReading =
  | {
      readonly kind: "notification";
      readonly alerts: readonly ToldAlert[];
      /** Alerts that made no sense, were beyond the bound, or that Alertmanager itself left out. */
      readonly dropped: number;
    }
  | { readonly kind: "invalid"; readonly message: string };

const maxAlerts = 1_000;
const maxLabels = 64;
const maxTextLength = 4_096;
/** What Alertmanager writes where an alert has no end: the year 1. */
const earliestMs = 0;

/** `body`: the parsed JSON, undefined where it was none. */
export function readWebhook(body: JsonValue | undefined): WebhookReading {
  if (!isJsonObject(body)) return { kind: "invalid", message: "the body must be a JSON object" };
  if (body.version !== "4") {
    return { kind: "invalid", message: `version: this reads Alertmanager's webhook version "4"` };
  }
  if (!Array.isArray(body.alerts)) return { kind: "invalid", message: "alerts: must be a list" };
  const alerts = body.alerts
    .slice(0, maxAlerts)
    .map((alert) => readAlert(toJsonObject(alert)))
    .filter((alert) => alert !== null);
  const leftOut = Number(body.truncatedAlerts ?? 0);
  const dropped = body.alerts.length - alerts.length + (Number.isSafeInteger(leftOut) && leftOut > 0 ? leftOut : 0);
  return { kind: "notification", alerts, dropped };
}

function readAlert(alert: JsonObject): ToldAlert | null {
  const { status, startsAt, endsAt, generatorURL } = alert;
  if (status !== "firing" && status !== "resolved") return null;
  const labels = readTexts(alert.labels);
  const startedAtMs = readTime(startsAt);
  if (Object.keys(labels).length === 0 || startedAtMs === null) return null;
  return {
    fingerprint: readFingerprint(alert.fingerprint, labels),
    state: status,
    labels,
    annotations: readTexts(alert.annotations),
    sourceUrl: readText(generatorURL),
    startedAtMs,
    endedAtMs: status === "firing" ? null : (readTime(endsAt) ?? startedAtMs),
  };
}

/** Old Alertmanagers tell no fingerprint: then the labels, in order, make one. */
function readFingerprint(value: JsonValue | undefined, labels: Readonly<Record<string, string>>): string {
  if (typeof value === "string" && /^[0-9a-zA-Z_-]{1,64}$/.test(value)) return value;
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash("sha256", JSON.stringify(pairs), "hex").slice(0, 16);
}

function readTexts(value: JsonValue | undefined): Record<string, string> {
  const pairs = Object.entries(toJsonObject(value)).slice(0, maxLabels);
  return Object.fromEntries(pairs.map(([name, text]) => [readText(name), readText(text)]));
}

function readText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value.slice(0, maxTextLength).replaceAll("\0", "") : "";
}

/** Unix milliseconds, or null for what is no time (or the year 1). */
function readTime(value: JsonValue | undefined): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(ms) && ms > earliestMs ? ms : null;
}
