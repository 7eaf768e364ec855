/** Identifiers of our own making. */
import { randomFillSync } from "node:crypto";

const poolSize = 12 * 256;
const pool = Buffer.allocUnsafeSlow(poolSize);
let poolOffset = poolSize;

/** 96 random bits as 24 hex digits, from a pool: one system call serves 256 ids. */
export function createRandomHex(): string {
  if (poolOffset === poolSize) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  poolOffset += 12;
  return pool.toString("hex", poolOffset - 12, poolOffset);
}

/** Enough for Unix milliseconds until the year 2527. */
const timeDigits = 11;

/** The beginning of the latest call's id: a busy router begins several in a millisecond. */
let latest = { ms: Number.NaN, text: "" };

/**
 * Id of a call, as the client sees it in `request_id` and `x-ccr-request-id`: the time of `nowMs` in hex, then 52 random
 * bits. The time comes first so that the ledger's index of ids grows at its end, as UUIDs of version 7 do
 * (https://www.rfc-editor.org/rfc/rfc9562#section-6.11): by random ids each row changes a page of its own.
 */
export function createCallId(nowMs: number): string {
  if (nowMs !== latest.ms) {
    latest = { ms: nowMs, text: `req_${nowMs.toString(16).padStart(timeDigits, "0").slice(-timeDigits)}` };
  }
  return latest.text + createRandomHex().slice(timeDigits);
}
