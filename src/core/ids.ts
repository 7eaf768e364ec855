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

/** Id of a call, as the client sees it in `request_id` and `x-ccr-request-id`. */
export function createCallId(): string {
  return `req_${createRandomHex()}`;
}
