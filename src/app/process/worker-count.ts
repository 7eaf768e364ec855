/** How many workers a setting means. */
import { availableParallelism } from "node:os";

/** `auto` takes one a core. */
export function workerCount(workers: number | "auto"): number {
  return workers === "auto" ? availableParallelism() : workers;
}
