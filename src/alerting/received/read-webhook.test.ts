import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { JsonValue } from "../../core/json/json.ts";
import { readWebhook } from "./read-webhook.ts";

const alert = {
  status: "firing",
  labels: { alertname: "RedisDown", severity: "critical" },
  annotations: { summary: "Redis is down" },
  startsAt: "2026-11-28T03:00:00.123Z",
  endsAt: "0001-01-01T00:00:00Z",
  generatorURL: "http://prometheus:9090/graph",
  fingerprint: "8d2f4c0f1a6c3e21",
};

function read(...alerts: JsonValue[]): ReturnType<typeof readWebhook> {
  return readWebhook({ version: "4", status: "firing", alerts });
}

test("an alert that fires is read with its labels, annotations and start, and has no end", () => {
  assert.deepEqual(read(alert), {
    kind: "notification",
    dropped: 0,
    alerts: [
      {
        fingerprint: "8d2f4c0f1a6c3e21",
        state: "firing",
        labels: alert.labels,
        annotations: alert.annotations,
        sourceUrl: "http://prometheus:9090/graph",
        startedAtMs: Date.UTC(2026, 10, 28, 3, 0, 0, 123),
        endedAtMs: null,
      },
    ],
  });
});

test("a resolved alert has its end; without a fingerprint its labels make one, in whatever order", () => {
  const { fingerprint: _, ...rest } = alert;
  const reading = read(
    { ...rest, status: "resolved", endsAt: "2026-11-28T03:05:00Z" },
    { ...rest, labels: { severity: "critical", alertname: "RedisDown" } },
  );
  assert.ok(reading.kind === "notification");
  const [first, second] = reading.alerts;
  assert.equal(first?.endedAtMs, Date.UTC(2026, 10, 28, 3, 5));
  assert.match(first?.fingerprint ?? "", /^[0-9a-f]{16}$/);
  assert.equal(second?.fingerprint, first?.fingerprint);
});

test("what is no notification of version 4 is refused, naming the field", () => {
  for (const [body, message] of [
    [undefined, /JSON object/],
    [[], /JSON object/],
    [{ alerts: [] }, /^version/],
    [{ version: "4" }, /^alerts/],
  ] as const) {
    const reading = readWebhook(body as JsonValue | undefined);
    assert.ok(reading.kind === "invalid");
    assert.match(reading.message, message);
  }
});

test("alerts that make no sense are counted and hide no others; those that Alertmanager left out count too", () => {
  const bad = [null, "x", {}, { ...alert, status: "odd" }, { ...alert, labels: {} }, { ...alert, startsAt: "soon" }];
  const reading = readWebhook({ version: "4", truncatedAlerts: 2, alerts: [...bad, alert] });
  assert.ok(reading.kind === "notification");
  assert.deepEqual([reading.alerts.length, reading.dropped], [1, bad.length + 2]);
});

test("whatever is sent is bounded: alerts, labels, texts; and never throws", () => {
  const labels = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`l${index}`, "xy\0x".repeat(2_000)]));
  const reading = read({ ...alert, labels }, ...Array.from({ length: 1_499 }, () => alert));
  assert.ok(reading.kind === "notification");
  assert.deepEqual([reading.alerts.length, reading.dropped], [1_000, 500]);
  const [first] = reading.alerts;
  assert.equal(Object.keys(first?.labels ?? {}).length, 64);
  assert.equal(first?.labels["l0"], "xyx".repeat(1_024));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      read(value);
      readWebhook(value);
    }),
    { numRuns: 100 },
  );
});
