/** A process of its own for the tests: holds 100 of a budget of 5,000 as often as it may, all at once, and stays. */
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { createManualClock } from "../../../../../core/time/clock.ts";
import { silentLogger } from "../../../../../core/log/logging.ts";
import { atMs, createBucket, promptLedger } from "../../test-bucket.ts";
import { RedisBudgetStore } from "../redis.ts";

const [url = "", keyPrefix = ""] = process.argv.slice(2);
const store = new RedisBudgetStore({
  client: new Redis(url),
  keyPrefix,
  processId: randomUUID(),
  loadSpent: () => Promise.resolve(0),
  ledger: promptLedger,
  clock: createManualClock(atMs),
  logger: silentLogger,
  leaseMs: 300,
});
const buckets = [createBucket(5_000)];
await store.read(buckets);
process.once("message", () => void rush());
process.once("disconnect", () => process.exit());
process.send?.("ready");

async function rush(): Promise<void> {
  const results = await Promise.all(
    Array.from({ length: 100 }, () =>
      store.hold({ callId: randomUUID(), buckets, amountNanoUsd: 100, isEnforced: true }),
    ),
  );
  process.send?.({ held: results.filter((result) => result.kind === "held").length });
}
