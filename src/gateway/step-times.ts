/**
 * How long each step of a call took. One time stamp a step, for each begins where the one before ended; what it tells
 * (spans, `/api/performance`) is made after the call.
 */
import { getHeapStatistics } from "node:v8";
import type { StepName } from "../core/record.ts";
import type { Gateway } from "./gateway.ts";
import type { OpenCall } from "./open-call.ts";

/** Steps that end before anything else can happen in the process: the heap's change is theirs. */
const uninterrupted: ReadonlySet<StepName> = new Set<StepName>(["read", "plan"]);

/** Reading the heap's size takes thirty times as long as a time stamp: one call in a thousand bears it. */
const heapReadEvery = 1_000;

let callsTimed = 0;

/** Notes that the step at hand is over. */
export function endStep({ clock }: Pick<Gateway, "clock">, call: OpenCall, name: StepName): void {
  const now = clock.monotonicMs();
  const step = { name, startedAfterMs: call.stepAt - call.startedAt, durationMs: now - call.stepAt };
  call.stepAt = now;
  // Where the steps begin that nothing interrupts.
  if (name === "receive" && callsTimed++ % heapReadEvery === 0) call.heapBytes = usedHeapBytes();
  if (call.heapBytes === null || !uninterrupted.has(name)) {
    call.steps.push(step);
    return;
  }
  const heapBytes = usedHeapBytes();
  call.steps.push({ ...step, heapBytes: heapBytes - call.heapBytes });
  call.heapBytes = heapBytes;
}

function usedHeapBytes(): number {
  return getHeapStatistics().used_heap_size;
}
