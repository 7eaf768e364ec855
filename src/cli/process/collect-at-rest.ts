/**
 * Gives back what only the start has needed, once the process has been at rest for a second.
 *
 * V8 collects everything only where memory runs short: a router that nobody calls would keep 4 MB of read settings and of
 * code that ran once. Nothing else runs for the 40 to 80 ms that this takes, hence the rest; a router that finds none in its
 * first minute has collected by itself.
 */
import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";

const usualLookMs = 250;
const looksAtRest = 4;
const mostLooks = 240;
/** Share of the time that an event loop at rest is busy. */
const restUtilization = 0.1;

export function collectAtRest(lookEveryMs: number = usualLookMs): void {
  let last = performance.eventLoopUtilization();
  let quiet = 0;
  let looks = 0;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    quiet = performance.eventLoopUtilization(now, last).utilization < restUtilization ? quiet + 1 : 0;
    last = now;

    if (quiet === looksAtRest) collectAll();
    if (quiet === looksAtRest || ++looks === mostLooks) clearInterval(timer);
  }, lookEveryMs).unref();
}

/** V8 hands its collector to contexts that are made once this flag is set. */
function collectAll(): void {
  setFlagsFromString("--expose-gc");
  const collect = process.getBuiltinModule("node:vm").runInNewContext("gc") as (options: object) => void;
  setFlagsFromString("--no-expose-gc");
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
}
