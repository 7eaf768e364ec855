/** How long a call still waits for shared stores: 50 ms for all of its questions together, so that none adds up. */
import type { Clock } from "../../core/time/clock.ts";

/** Carried by a call: how long it may still wait. */
export interface Patience {
  storePatienceMs: number;
}

/** What a call begins with. */
export const storePatienceMs = 50;

/** As `spendPatience`, for an answer that may be done without: undefined where it does not come in time. */
export async function withinPatience<Answer>(
  call: Patience,
  clock: Clock,
  answer: Promise<Answer>,
): Promise<Answer | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), call.storePatienceMs);
  try {
    return await spendPatience(call, clock, Promise.race([answer, late]));
  } finally {
    clearTimeout(timer);
  }
}

/** `answer`, its time taken off the call's patience. Whoever answers keeps within `call.storePatienceMs`. */
export async function spendPatience<Answer>(call: Patience, clock: Clock, answer: Promise<Answer>): Promise<Answer> {
  const startedAt = clock.monotonicMs();
  try {
    return await answer;
  } finally {
    call.storePatienceMs = Math.max(0, call.storePatienceMs - (clock.monotonicMs() - startedAt));
  }
}
