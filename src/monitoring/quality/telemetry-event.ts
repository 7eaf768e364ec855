/** A client's telemetry: one request, and one event of it, whichever encoding it came in. */

export interface TelemetryRequest {
  /** `/v1/logs`, `/v1/metrics` or `/v1/traces`. */
  readonly path: string;
  readonly contentType: string | undefined;
  /** Unpacked. */
  readonly body: Uint8Array;
}

/** The value of an event's attribute. */
export type TelemetryValue = string | number | boolean;

export interface TelemetryEvent {
  /** Without the `claude_code.` before it. */
  readonly name: string;
  /** Of the `readAttributes` the event's own, and those of its resource that it does not override. */
  readonly attributes: ReadonlyMap<string, TelemetryValue>;
}

/**
 * The attributes that somebody asks for. Others are read over: anybody may send telemetry, and a resource with very many
 * would be held again for each of its events.
 */
export const readAttributes: ReadonlySet<string> = new Set([
  "event.name", "tool_use_id", "session.id", "source", "decision", "decision_source", "decision_type", "success", "response",
]); // prettier-ignore

/** More events in one request are left out: a client sends a few dozen. */
export const maxEvents = 10_000;

/** The name that an event goes by: `event.name`, its own name field, or its body; all three are seen. */
export function eventName(attribute: unknown, field: unknown, body: unknown): string {
  const name = [attribute, field, body].find((value) => typeof value === "string" && value !== "");
  return typeof name === "string" ? name.replace(/^claude_code\./, "") : "";
}
