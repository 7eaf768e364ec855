/** A step of a call that can be run by itself, and how long it takes. */
import { median } from "../rig/statistics.ts";

export interface Step {
  readonly name: string;
  readonly what: string;
  /** Prepares what the step needs and returns the step itself: a function that does it once. */
  prepare(): (() => unknown) | Promise<() => unknown>;
}

export interface StepTime {
  readonly medianNs: number;
  readonly lowestNs: number;
  readonly highestNs: number;
}

const batches = 7;
const batchMs = 60;

/** What steps return ends up here, so that no compiler can leave their work out. */
export const sink: { last: unknown } = { last: undefined };

export async function measureStep(step: Step): Promise<StepTime> {
  const once = await step.prepare();
  const times = timesIn(once, batchMs * 2);
  const results: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const startNs = process.hrtime.bigint();
    for (let index = 0; index < times; index++) sink.last = once();
    results.push(Number(process.hrtime.bigint() - startNs) / times);
  }
  return { medianNs: median(results), lowestNs: Math.min(...results), highestNs: Math.max(...results) };
}

/** Warms the step up for `ms` and tells how often it runs within a batch. */
function timesIn(once: () => unknown, ms: number): number {
  const endMs = performance.now() + ms;
  let times = 0;
  while (performance.now() < endMs) {
    sink.last = once();
    times++;
  }
  return Math.max(1, Math.round((times * batchMs) / ms));
}
