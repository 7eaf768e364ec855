import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import * as semantic from "@opentelemetry/semantic-conventions/incubating";
import * as fc from "fast-check";
import type { CallRecord } from "../../core/record.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Logger } from "../../core/log/logging.ts";
import { sampleAttempt, sampleRecord } from "../sample-record.test.ts";
import { semanticNames, wellKnownProviders } from "./attribute-names.ts";
import { CallTracing } from "./call-tracing.ts";
import { OtlpTraceExporter } from "./otlp-exporter.ts";
import { outgoingTraceparent } from "./outgoing-traceparent.ts";
import { spansOfCall } from "./spans-of-call.ts";
import { chooseTrace } from "./trace-selection.ts";
import { TraceStore } from "./trace-store.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a traceparent is read as it is written", () => {
  const parsed = parseTraceparent(header);
  assert.deepEqual(parsed, {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    isSampled: true,
  });
  assert.ok(parsed !== null);
  assert.equal(formatTraceparent(parsed), header);
  assert.notEqual(parseTraceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more"), null);
});

test("what is no valid traceparent begins a new trace", () => {
  const zeros = "0".repeat(32);
  const wrong = [
    undefined,
    "",
    "x",
    header.slice(0, -1),
    `${header}-more`,
    header.toUpperCase(),
    header.replace("00-", "ff-"),
  ];
  for (const value of [
    ...wrong,
    `00-${zeros}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${zeros.slice(16)}-01`,
  ]) {
    assert.equal(parseTraceparent(value), null, value);
  }
  fc.assert(fc.property(fc.string(), (text) => parseTraceparent(text) === null));
});

const failed = {
  ...sampleAttempt,
  status: 529,
  errorCode: "provider_overloaded" as const,
  message: "busy",
  durationMs: 10,
};
const recovered = sampleRecord({
  attempts: [failed, { ...sampleAttempt, startedAfterMs: 20, durationMs: 1_980 }],
  steps: [{ name: "plan", startedAfterMs: 1, durationMs: 2 }],
});

test("a call becomes one span with its steps and attempts as children, each in its own time", () => {
  const [call, step, first, second, ...rest] = spansOfCall(recovered);
  assert.ok(call !== undefined && step !== undefined && first !== undefined && second !== undefined);
  assert.equal(rest.length, 0);
  assert.deepEqual([call.name, call.kind, call.parentSpanId], ["POST /v1/messages", "server", null]);
  for (const child of [step, first, second]) {
    assert.deepEqual([child.traceId, child.parentSpanId], [call.traceId, call.spanId]);
    assert.ok(child.startMs >= call.startMs && child.endMs <= call.endMs);
  }
  assert.equal(new Set([call, step, first, second].map((span) => span.spanId)).size, 4);
  assert.deepEqual([first.name, first.error, second.error], ["chat claude-sonnet-5", "busy", null]);
  assert.equal(first.attributes["gen_ai.usage.output_tokens"], undefined);
  assert.equal(second.attributes["gen_ai.usage.input_tokens"], 1_000);
  assert.equal(second.attributes["gen_ai.usage.output_tokens"], 101);
  assert.equal(second.attributes["gen_ai.provider.name"], "anthropic");
  assert.equal(call.attributes["ccr.call.id"], recovered.id);
});

test("the span of an attempt whose answer broke off fails, and ends where it did", () => {
  const attempts = [failed, { ...sampleAttempt, startedAfterMs: 20, durationMs: 480 }];
  const cut = { outcome: "cut", errorCode: "provider_cut_answer", errorMessage: "it broke off" } as const;
  const [call, first, second] = spansOfCall(sampleRecord({ ...cut, attempts }));
  assert.deepEqual([first?.error, second?.error, second?.endMs], ["busy", "it broke off", call?.endMs]);
  assert.equal(second?.attributes["error.type"], "provider_cut_answer");
});

test("a client's trace goes on: its id is kept, its span is the parent", () => {
  const traceParent = parseTraceparent(header) ?? undefined;
  const [call] = spansOfCall(sampleRecord({ traceParent }));
  assert.deepEqual([call?.traceId, call?.parentSpanId], [traceParent?.traceId, traceParent?.spanId]);
});

test("the traceparent sent with an attempt names that attempt's span", () => {
  const { id, startedAtMs } = recovered;
  const spans = spansOfCall(recovered).filter((span) => span.kind === "client");
  for (const [attemptIndex, span] of spans.entries()) {
    const sent = parseTraceparent(outgoingTraceparent({ callId: id, startedAtMs, traceParent: null, attemptIndex }));
    assert.deepEqual([sent?.traceId, sent?.spanId], [span.traceId, span.spanId]);
  }
});

test("every attribute name that is not our own is one of OpenTelemetry's", () => {
  const names = new Set<unknown>(
    Object.entries(semantic)
      .filter(([key]) => key.startsWith("ATTR_"))
      .map(([, value]) => value),
  );
  for (const name of Object.values(semanticNames)) assert.ok(names.has(name), name);
  const used = spansOfCall(recovered).flatMap((span) => Object.keys(span.attributes));
  for (const name of used) assert.ok(names.has(name) || name.startsWith("ccr."), name);
  const providers = new Set<unknown>(
    Object.entries(semantic)
      .filter(([key]) => key.startsWith("GEN_AI_PROVIDER_NAME_VALUE"))
      .map(([, value]) => value),
  );
  for (const provider of Object.values(wellKnownProviders)) assert.ok(providers.has(provider), provider);
});

test("failed and slow calls are always chosen, of the rest the stated share, the same in every router", () => {
  assert.equal(chooseTrace(sampleRecord({ outcome: "cut" }), "0".repeat(32), 0), "failed");
  assert.equal(chooseTrace(recovered, "0".repeat(32), 0), "failed");
  assert.equal(chooseTrace(sampleRecord({ firstByteMs: 10_000 }), "f".repeat(32), 0), "slow");
  assert.equal(chooseTrace(sampleRecord(), "f".repeat(32), 0.99), null);
  assert.equal(chooseTrace(sampleRecord(), "0".repeat(32), 0.01), "sampled");
  assert.equal(chooseTrace(sampleRecord(), "0".repeat(32), 0), null);
  assert.equal(chooseTrace(sampleRecord(), "f".repeat(32), 1), "sampled");
});

test("the store is bounded, newest first, and a flood of failures does not hide the slow ones", () => {
  const store = new TraceStore(10);
  store.keep(sampleRecord({ id: "req_slow" }), "slow");
  for (let index = 0; index < 100; index++) {
    store.keep(
      sampleRecord({ id: `req_${index}`, startedAtMs: 1_800_000_000_000 + index, outcome: "error" }),
      "failed",
    );
  }
  const { recent } = store.list();
  assert.equal(recent.length, 11);
  assert.equal(recent[0]?.callId, "req_99");
  assert.equal(store.get("req_0"), null);
  assert.equal(store.get("req_slow")?.summary.choice, "slow");
  assert.equal(store.get(recent[0]?.traceId ?? "")?.summary.callId, "req_99");
});

test("running calls are listed beside the finished ones, the oldest first", () => {
  const running = (callId: string, startedAtMs: number) => ({
    callId,
    startedAtMs,
    traceId: "t",
    endpoint: "messages",
    user: "ada",
    askedModel: null,
    target: null,
  });
  const runningTraces = () => [running("b", 2), running("a", 1)];
  const tracing = new CallTracing({ sampleRatio: 0, maxKept: 10, running: runningTraces, otlp: null });
  assert.deepEqual(
    tracing.store.list().traces.map((trace) => trace.callId),
    ["a", "b"],
  );
});

interface Collector {
  readonly endpoint: string;
  readonly bodies: {
    resourceSpans: { scopeSpans: { spans: { name: string; traceId: string; startTimeUnixNano: string }[] }[] }[];
  }[];
  readonly paths: string[];
  readonly close: () => Promise<void>;
}

async function startCollector(statuses: number[]): Promise<Collector> {
  const bodies: Collector["bodies"] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const status = statuses.shift() ?? 200;
      paths.push(`${String(request.headers["x-key"])}${request.url ?? ""}`);
      if (status === 200) bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as Collector["bodies"][number]);
      response.writeHead(status).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, bodies, paths, close: async () => void (await new Promise((resolve) => server.close(resolve))) };
}

function createExporter(endpoint: string): OtlpTraceExporter {
  const resource = { version: "1.2.3", instanceId: "host:1" };
  return new OtlpTraceExporter({
    endpoint,
    headers: { "x-key": "k" },
    resource,
    logger: silentLogger,
    retryDelayMs: 1,
  });
}

test("traces reach the collector as OTLP JSON, after a failure too", async () => {
  const collector = await startCollector([503, 200]);
  const exporter = createExporter(collector.endpoint);
  exporter.add(recovered);
  await exporter.flush();
  await exporter.close();
  await collector.close();
  assert.deepEqual(collector.paths, ["k/v1/traces", "k/v1/traces"]);
  const spans = collector.bodies[0]?.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  assert.equal(spans.length, 4);
  assert.equal(spans[0]?.traceId.length, 32);
  assert.equal(spans[0]?.startTimeUnixNano, "1700000000000000000");
  assert.deepEqual(exporter.counts(), { sent: 1, dropped: 0 });
});

test("traces go in small batches: to write many down at once would hold up calls", async () => {
  const collector = await startCollector([]);
  const exporter = createExporter(collector.endpoint);
  for (let trace = 0; trace < 150; trace++) exporter.add(sampleRecord({ id: `req_${trace}` }));
  await exporter.close();
  await collector.close();
  const sizes = collector.bodies.map(({ resourceSpans: [sent] }) =>
    sent!.scopeSpans[0]!.spans.reduce((traces, { name }) => traces + Number(name.startsWith("POST")), 0),
  );
  assert.deepEqual(sizes, [32, 32, 32, 32, 22]);
});

test("a collector that refuses or is away costs traces, counted, and nothing else", async () => {
  const collector = await startCollector([400]);
  const exporter = createExporter(collector.endpoint);
  exporter.add(recovered);
  await exporter.flush();
  assert.equal(collector.paths.length, 1);
  await collector.close();
  const records: CallRecord[] = Array.from({ length: 3_000 }, (_, index) => sampleRecord({ id: `req_${index}` }));
  for (const record of records) exporter.add(record);
  await exporter.close();
  assert.deepEqual(exporter.counts(), { sent: 0, dropped: 3_001 });
});

test("a redirect is a refusal: what it leads to gets neither traces nor the collector's key", async () => {
  const other = await startCollector([]);
  const collector = createServer((_, response) =>
    response.writeHead(301, { location: `${other.endpoint}/v1/traces` }).end(),
  ).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const exporter = createExporter(`http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
  exporter.add(recovered);
  await exporter.close();
  collector.closeAllConnections();
  collector.close();
  await other.close();
  assert.deepEqual(other.paths, []);
  assert.deepEqual(exporter.counts(), { sent: 0, dropped: 1 });
});

test("a collector that hangs does not hold up the end, however many traces wait", { timeout: 8_000 }, async () => {
  const collector = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const exporter = new OtlpTraceExporter({
    endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    headers: {},
    resource: { version: "1.2.3", instanceId: "host:1" },
    logger: silentLogger,
    closeLimitMs: 5,
  });
  for (let trace = 0; trace < 300; trace++) exporter.add(recovered);
  await exporter.close();
  assert.deepEqual(exporter.counts(), { sent: 0, dropped: 300 });
  collector.closeAllConnections();
  collector.close();
});

test("spans that a collector takes and throws away are told, in its words", async () => {
  const partial = { partialSuccess: { rejectedSpans: "4", errorMessage: "over quota" } };
  const collector = createServer((_, response) => void response.end(JSON.stringify(partial))).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const told: unknown[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void told.push(fields), child: () => logger };
  const exporter = new OtlpTraceExporter({
    endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    headers: {},
    resource: { version: "1.2.3", instanceId: "host:1" },
    logger,
  });
  exporter.add(recovered);
  await exporter.close();
  collector.closeAllConnections();
  collector.close();
  assert.partialDeepStrictEqual(told, [{ rejectedSpans: "4", errorMessage: "over quota" }]);
});
