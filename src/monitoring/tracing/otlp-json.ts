/** Spans as an OTLP/HTTP JSON request. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
import type { JsonObject } from "../../core/json/json.ts";
import type { AttributeValue, Span, SpanKind } from "./span.ts";

const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const statusError = 2;

export interface OtlpResource {
  readonly version: string;
  /** Tells instances apart: host and process. */
  readonly instanceId: string;
}

/** The body of an export. */
export function toOtlpJson(spans: readonly Span[], resource: OtlpResource): JsonObject {
  const attributes = toAttributes({
    "service.name": "claude-code-router",
    "service.version": resource.version,
    "service.instance.id": resource.instanceId,
  });
  const scope = { name: "claude-code-router", version: resource.version };
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans: spans.map(toOtlpSpan) }] }] };
}

function toOtlpSpan(span: Span): JsonObject {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: kinds[span.kind],
    startTimeUnixNano: toNano(span.startMs),
    endTimeUnixNano: toNano(span.endMs),
    attributes: toAttributes(span.attributes),
    status: span.error === null ? {} : { code: statusError, message: span.error },
  };
}

function toAttributes(attributes: Readonly<Record<string, AttributeValue>>): JsonObject[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

function toAnyValue(value: AttributeValue): JsonObject {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value !== "number") return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  // 64-bit integers travel as text.
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Nanoseconds as text: the number itself is past what a double holds exactly. */
function toNano(ms: number): string {
  return (BigInt(Math.round(ms * 1000)) * 1000n).toString();
}
