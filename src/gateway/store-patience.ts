/** How long a call still waits for shared stores: 50 ms for all of its questions together, so that none adds up. */
import type { Clock } from "../core/clock.ts";
import type { OpenCall } from "./open-calls.ts";

/** What a call begins with. */
export const storePatienceMs = 50;

/** `answer`, its time taken off the call's patience. Whoever answers keeps within `call.storePatienceMs`. */
export async function spendPatience<Answer>(call: OpenCall, clock: Clock, answer: Promise<Answer>): Promise<Answer> {
  const startedAt = clock.monotonicMs();
  try {
    return await answer;
  } finally {
    call.storePatienceMs = Math.max(0, call.storePatienceMs - (clock.monotonicMs() - startedAt));
  }
}
