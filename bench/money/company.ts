/**
 * A month of a company, from a seed: developers who work in a few sessions a day of about 60 calls each, most of them to
 * one model and some to a small one in the background.
 */
import { dayMs } from "../../src/core/time/durations.ts";
import type { CallRecord } from "../../src/core/record.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";
import { createRandom } from "../../src/costs/testdata/seeded-random.ts";

export interface Company {
  readonly calls: number;
  readonly users: number;
  /** The month ends here, Unix milliseconds. */
  readonly endMs: number;
}

/** The company's calls in the order of time. */
export function* callsOf({ calls, users, endMs }: Company): Generator<CallRecord> {
  const random = createRandom(1);
  for (let index = 0; index < calls; index++) {
    const startedAtMs = endMs - 30 * dayMs + Math.floor((index / calls) * 30 * dayMs);
    const user = Math.floor(random() * users);
    const slot = Math.floor(((startedAtMs % dayMs) / dayMs) * 3);
    const isBackground = random() < 0.25;
    yield createTestRecord({
      id: `req_${index}_${Math.floor(random() * 1e9).toString(16)}`,
      startedAtMs,
      user: `user-${user}`,
      team: `team-${user % 12}`,
      model: isBackground ? "claude-haiku-4-5" : `model-${user % 4}`,
      session: `session-${user}-${Math.floor(startedAtMs / dayMs)}-${slot}`,
      outcome: random() < 0.02 ? "error" : "success",
      costNanoUsd: Math.floor(random() ** 3 * 2_000_000_000),
    });
  }
}
