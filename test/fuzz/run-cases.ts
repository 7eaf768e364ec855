/** Runs numbered cases side by side and watches that nothing is left behind. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How many cases a run makes: `CCR_FUZZ` of the environment, else the short run's number. */
export function caseCount(short: number): number {
  return Number(process.env["CCR_FUZZ"] ?? short);
}

/** First seed: another one with `CCR_FUZZ_SEED`, to look elsewhere or at one case again. */
export const firstSeed: number = Number(process.env["CCR_FUZZ_SEED"] ?? 1);

/** Runs `runCase` for `count` seeds from `first` on, `lanes` at a time; returns the first failures, at most ten. */
export async function runCases(
  first: number,
  count: number,
  lanes: number,
  runCase: (seed: number, lane: number) => Promise<string | null>,
): Promise<string[]> {
  const failures: string[] = [];
  let next = first;
  const work = async (lane: number): Promise<void> => {
    while (next < first + count && failures.length < 10) {
      const seed = next++;
      const failure = await runCase(seed, lane);
      if (failure !== null) failures.push(`seed ${seed}: ${failure}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
  return failures;
}

/**
 * By how much the heap may grow in so many calls: caches that fill, and what is kept of the last 50,000 calls so that
 * people can judge their answers (src/monitoring/quality/quality-tracker.ts), 260 bytes each.
 */
export function growthLimitMb(calls: number): number {
  return 8 + (Math.min(calls, 50_000) * 300) / 1e6;
}

/** Live heap in MB after full collections. */
export function liveHeapMb(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let times = 0; times < 3; times++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/** Waits until `isTrue` or for `timeoutMs`; returns whether it became true. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    if (await isTrue()) return true;
    if (performance.now() > deadlineMs) return false;
    await sleep(50);
  }
}
