/** The trace id of a call: the client's, or one made of the call's own id, so that no second id has to be kept. */
import type { CallRecord } from "../core/record.ts";

/** 32 hex digits: as the client's `traceparent` says, else the start in Unix seconds and the id's 24 digits. */
export function traceIdOf(record: Pick<CallRecord, "id" | "startedAtMs" | "traceParent">): string {
  if (record.traceParent !== undefined) return record.traceParent.traceId;
  return traceIdFromCallId(record.id, record.startedAtMs);
}

/** The trace id that a call begins for itself: for the `traceparent` sent to providers. */
export function traceIdFromCallId(callId: string, startedAtMs: number): string {
  const seconds = hexOfSecond(Math.floor(startedAtMs / 1000));
  const digits = callId.slice(callId.lastIndexOf("_") + 1);
  if (digits.length === 24 && isHex(digits)) return seconds + digits;
  return seconds + hexOf(callId);
}

let lastSecond = -1;
let lastSecondHex = "";

/** Eight digits, made once a second. */
function hexOfSecond(second: number): string {
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondHex = second.toString(16).padStart(8, "0").slice(-8);
  }
  return lastSecondHex;
}

function isHex(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

/** 24 hex digits of an id in another form (FNV-1a, three times with different starts). */
function hexOf(text: string): string {
  let digits = "";
  for (let round = 0; round < 3; round++) {
    let hash = 0x811c9dc5 ^ round;
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    digits += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return digits;
}
