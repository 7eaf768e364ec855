/** W3C Trace Context: the `traceparent` header, in and out. https://www.w3.org/TR/trace-context/ */
import type { TraceParent } from "../../core/record.ts";

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** What a `traceparent` header says; null where it says nothing valid: the trace then begins here. */
export function parseTraceparent(header: string | undefined): TraceParent | null {
  const parts = header === undefined ? null : pattern.exec(header.trim());
  if (parts === null) return null;
  const [, version = "", traceId = "", spanId = "", flags = "", rest] = parts;
  // Version 00 ends here; later ones may go on after a dash.
  if (version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The header for a request that is a child of `spanId`. */
export function formatTraceparent(parent: TraceParent): string {
  return `00-${parent.traceId}-${parent.spanId}-${parent.isSampled ? "01" : "00"}`;
}
