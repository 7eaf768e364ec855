/** What operators ask of all workers at once: a worker that does not answer is left out, and no question rejects. */
import type { ClearFilter } from "../../cache/answer-store.ts";
import { withinTime } from "../../core/time/within-time.ts";
import type { ProfileResult } from "../../monitoring/process/cpu-profile.ts";
import type { SnapshotResult, WorkerSnapshot } from "../../monitoring/process/heap-snapshot.ts";
import { hangsAfterMs } from "./fleet.ts";
import type { Fleet } from "./fleet.ts";

/** A large heap takes about a second per 100 MB. */
const snapshotPatienceMs = 120_000;

/** How many answers of all workers' memories are gone. */
export async function clearAnswers(fleet: Fleet, filter: ClearFilter): Promise<number> {
  const dropped = await fleet.askAll(({ link }) => withinTime(link.ask<number>("clearAnswers", filter), hangsAfterMs));
  return dropped.reduce((all, ofWorker) => all + ofWorker, 0);
}

/** A heap snapshot of each worker, in a file of its own. */
export function writeHeapSnapshots(fleet: Fleet): Promise<readonly WorkerSnapshot[]> {
  return fleet.askAll(async ({ link, child, pulse }) => {
    const asked = pulse.excuse(link.ask<SnapshotResult>("snapshot", null));
    return { pid: child.process.pid ?? 0, result: await withinTime(asked, snapshotPatienceMs) };
  });
}

/** A CPU profile of each worker, all of the same `seconds`. */
export function profileWorkers(fleet: Fleet, seconds: number): Promise<readonly ProfileResult[]> {
  return fleet.askAll(({ link }) =>
    withinTime(link.ask<ProfileResult>("profile", seconds), seconds * 1_000 + hangsAfterMs),
  );
}
