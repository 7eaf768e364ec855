/** A span: one stretch of a call's time, in the words of OpenTelemetry. */

export type AttributeValue = string | number | boolean | readonly string[];

export type SpanKind = "server" | "client" | "internal";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** null: it went well. */
  readonly error: string | null;
}
