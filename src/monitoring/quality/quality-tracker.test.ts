import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { EnhancedMetricsSystem } from "../metrics-system.ts";
import { sampleRecord } from "../sample-record.test.ts";
import type { AnswerForQuality } from "./answer-quality.ts";
import { readJsonLogs } from "./otlp-logs-json.ts";
import { readProtobufLogs } from "./otlp-logs-protobuf.ts";
import { QualityTracker } from "./quality-tracker.ts";
import { signalOf } from "./satisfaction-signals.ts";
import { TelemetryReceiver } from "./telemetry-receiver.ts";

const answer: AnswerForQuality = {
  hasEnded: true,
  stopReason: "tool_use",
  toolCalls: [{ name: "Edit", inputJson: "{}" }],
  tools: null,
  text: "I edit it.",
  outputCharacters: 12,
};
const anthropic = { provider: "anthropic", model: "claude-sonnet-5" };
const openai = { provider: "openai", model: "gpt-5.5" };

function createQuality(): { tracker: QualityTracker; receiver: TelemetryReceiver; metrics: EnhancedMetricsSystem } {
  const metrics = new EnhancedMetricsSystem({ configuration: { targets: [anthropic, openai] } });
  const tracker = new QualityTracker(createManualClock(1_700_000_000_000), metrics);
  const receiver = new TelemetryReceiver((events) => void tracker.observeEvents(events), null, silentLogger);
  tracker.observeAnswer(sampleRecord({ id: "req_a", target: anthropic }), answer, ["toolu_a"]);
  const client = { ...sampleRecord().client, sessionId: "s2" };
  tracker.observeAnswer(sampleRecord({ id: "req_o", target: openai, client }), answer, ["call_o"]);
  return { tracker, receiver, metrics };
}

function jsonLogs(name: string, attributes: Readonly<Record<string, string | boolean>>): string {
  const list = Object.entries({ "event.name": name, ...attributes }).map(([key, value]) => ({
    key,
    value: typeof value === "boolean" ? { boolValue: value } : { stringValue: value },
  }));
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "claude-code" } }] };
  const logRecords = [{ body: { stringValue: `claude_code.${name}` }, attributes: list }];
  return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] });
}

function send(receiver: TelemetryReceiver, body: string | Uint8Array, contentType = "application/json") {
  return receiver.receive({ path: "/v1/logs", contentType, body: Buffer.from(body) });
}

const reject = { tool_use_id: "toolu_a", decision: "reject", source: "user_reject", tool_name: "Edit" };

test("a target that answers all the time is known, however many others answer in between", async () => {
  const { tracker, receiver } = createQuality();
  send(receiver, jsonLogs("tool_decision", reject));
  await new Promise((resolve) => setImmediate(resolve));
  const satisfaction = tracker.find(anthropic)!.satisfaction;
  for (let other = 0; other < 600; other++) {
    tracker.observeAnswer(sampleRecord({ target: { provider: "relay", model: `m-${other}` } }), answer, []);
    tracker.observeAnswer(sampleRecord({ target: anthropic }), answer, []);
  }
  assert.equal(tracker.find({ provider: "relay", model: "m-0" }), null);
  assert.ok(tracker.find(anthropic)!.answers > 500);
  assert.ok(Math.abs(tracker.find(anthropic)!.satisfaction - satisfaction) < 0.01);
});

test("a rejected edit lowers the score of exactly the provider that wrote it", async () => {
  const { tracker, receiver, metrics } = createQuality();
  const before = new Map(tracker.readTargets().map((entry) => [entry.provider, entry.score]));
  assert.deepEqual(send(receiver, jsonLogs("tool_decision", reject)), {
    status: 200,
    contentType: "application/json",
    body: "{}",
  });
  for (const { provider, score } of tracker.readTargets()) {
    if (provider === "anthropic") assert.ok(score < (before.get(provider) ?? 0));
    else assert.equal(score, before.get(provider));
  }
  assert.deepEqual(
    tracker.readSatisfaction().map(({ tier, provider }) => [tier, provider]),
    [["standard", "anthropic"]],
  );
  assert.match(await metrics.getMetrics(), /^ccr_tool_decisions_total\{provider="anthropic",decision="reject"\} 1$/m);
  assert.ok((tracker.find(anthropic)?.score ?? 1) < (tracker.find(openai)?.score ?? 0));
  metrics.close();
});

test("an accepted call and a good result raise it, a failed result lowers it less than a person's no", () => {
  const satisfactionAfter = (name: string, attributes: Readonly<Record<string, string>>): number => {
    const { tracker, receiver, metrics } = createQuality();
    send(receiver, jsonLogs(name, { tool_use_id: "call_o", ...attributes }));
    metrics.close();
    return tracker.readTargets().find((entry) => entry.provider === "openai")?.satisfaction ?? Number.NaN;
  };
  const accepted = satisfactionAfter("tool_decision", { decision: "accept", source: "user_temporary" });
  const rejected = satisfactionAfter("tool_decision", { decision: "reject", source: "user_reject" });
  const failed = satisfactionAfter("tool_result", { success: "false" });
  const worked = satisfactionAfter("tool_result", { success: "true" });
  assert.ok(rejected < failed && failed < 0.5 && 0.5 < worked && worked < accepted);
});

test("decisions by configuration or hook, unknown ids and rejected calls' results say nothing", () => {
  const { tracker, receiver, metrics } = createQuality();
  send(receiver, jsonLogs("tool_decision", { ...reject, source: "config" }));
  send(receiver, jsonLogs("tool_decision", { ...reject, source: "hook" }));
  send(receiver, jsonLogs("tool_decision", { ...reject, tool_use_id: "toolu_unknown" }));
  send(receiver, jsonLogs("tool_result", { tool_use_id: "toolu_a", success: "false", decision_type: "reject" }));
  send(receiver, jsonLogs("user_prompt", {}));
  assert.deepEqual(tracker.readSatisfaction(), []);
  metrics.close();
});

test("a survey's rating goes to the target that served the session last", () => {
  const { tracker, receiver, metrics } = createQuality();
  send(receiver, jsonLogs("feedback_survey", { "session.id": "s2", event_type: "responded", response: "bad" }));
  send(receiver, jsonLogs("feedback_survey", { "session.id": "s1", event_type: "appeared" }));
  assert.deepEqual(
    tracker.readSatisfaction().map(({ provider, score }) => [provider, score < 0.5]),
    [["openai", true]],
  );
  metrics.close();
});

test("feedback goes to the call it names, bounded in score and length, and is listed newest first", () => {
  const { tracker, metrics } = createQuality();
  assert.ok(tracker.observeFeedback({ requestId: "req_a", score: 7, comment: "x".repeat(5_000) }));
  assert.ok(tracker.observeFeedback({ requestId: "req_o", score: 0, comment: null }));
  assert.ok(!tracker.observeFeedback({ requestId: "req_unknown", score: 1, comment: null }));
  const [newest, oldest] = tracker.readFeedback();
  assert.deepEqual(
    [newest?.target, newest?.score, oldest?.score, oldest?.comment?.length],
    ["openai/gpt-5.5", 0, 1, 1_000],
  );
  metrics.close();
});

/** Writes one field of bytes; a small protobuf writer is enough for a fixture. */
function field(number: number, content: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(content);
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes]);
}

function protobufLogs(name: string, attributes: Readonly<Record<string, string>>): Uint8Array {
  const keyValue = (key: string, value: string): Uint8Array =>
    Buffer.concat([field(1, key), field(2, field(1, value))]);
  const list = Object.entries({ "event.name": name, ...attributes }).map(([key, value]) =>
    field(6, keyValue(key, value)),
  );
  const time = Buffer.from([1 * 8 + 1, 1, 2, 3, 4, 5, 6, 7, 8, 2 * 8, 9]);
  const record = Buffer.concat([time, field(5, field(1, `claude_code.${name}`)), ...list]);
  const resource = field(1, field(1, keyValue("session.id", "s1")));
  return field(1, Buffer.concat([resource, field(2, field(2, record))]));
}

test("protobuf says the same as JSON", () => {
  const [event] = readProtobufLogs(protobufLogs("tool_decision", reject));
  assert.equal(event?.name, "tool_decision");
  assert.equal(event?.attributes.get("session.id"), "s1");
  assert.equal(signalOf(event ?? { name: "", attributes: new Map() })?.kind, "decision");
  const { tracker, receiver, metrics } = createQuality();
  const reply = send(receiver, protobufLogs("tool_decision", reject), "application/x-protobuf");
  assert.deepEqual(reply, { status: 200, contentType: "application/x-protobuf", body: "" });
  assert.equal(tracker.readSatisfaction().length, 1);
  metrics.close();
});

test("whatever a client sends is answered with 200", () => {
  const { receiver, metrics } = createQuality();
  for (const body of [
    "",
    "{",
    "[]",
    '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[{"key":1}]}]}]}]}',
    "\u0000\u00ff",
  ]) {
    assert.equal(send(receiver, body).status, 200);
    assert.equal(send(receiver, body, "application/x-protobuf").status, 200);
  }
  metrics.close();
});

test("a resource of very many attributes is not held again for each of its events", () => {
  const attributes = Array.from({ length: 5_000 }, (_none, index) => ({ key: `k${index}`, value: { intValue: 1 } }));
  attributes.push({ key: "session.id", value: { intValue: 2 } });
  const scopeLogs = [{ logRecords: Array.from({ length: 5_000 }, () => ({})) }];
  const events = readJsonLogs(JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs }] }));
  assert.equal(events.length, 5_000);
  for (const event of events) assert.deepEqual([...event.attributes], [["session.id", 2]]);
  const resource = Buffer.concat(
    attributes.map(({ key }) => field(1, Buffer.concat([field(1, key), field(2, field(1, "v"))]))),
  );
  const records = Buffer.concat(Array.from({ length: 5_000 }, () => field(2, "")));
  const read = readProtobufLogs(field(1, Buffer.concat([field(1, resource), field(2, records)])));
  assert.equal(read.length, 5_000);
  for (const event of read) assert.deepEqual([...event.attributes], [["session.id", "v"]]);
});

test("telemetry of a size that no client sends is not read", () => {
  const { tracker, receiver, metrics } = createQuality();
  const padding = " ".repeat(2 * 1024 * 1024);
  assert.equal(send(receiver, jsonLogs("tool_decision", reject) + padding).status, 200);
  assert.deepEqual(tracker.readSatisfaction(), []);
  metrics.close();
});

test("a rating that is no word of the survey's counts for nothing", () => {
  const { tracker, receiver, metrics } = createQuality();
  for (const response of ["constructor", "__proto__", "splendid"]) {
    send(receiver, jsonLogs("feedback_survey", { "session.id": "s2", response }));
  }
  assert.deepEqual(tracker.readSatisfaction(), []);
  metrics.close();
});
