/** CPU profiles on demand, for `/debug/profile?seconds=`: the file opens in any browser's developer tools. */
import type { Profiler } from "node:inspector/promises";
import { setTimeout as wait } from "node:timers/promises";

export type ProfileResult =
  | {
      readonly kind: "profiled";
      readonly json: string;
      /** How many samples found the process at work. */
      readonly busySamples: number;
    }
  /** Another profile is being taken: two would slow each other down. */
  | { readonly kind: "busy" };

export class CpuProfiler {
  #isBusy = false;

  /** Samples the process for `seconds`. An abort ends it early, with what there is. */
  async profile(seconds: number, signal: AbortSignal): Promise<ProfileResult> {
    if (this.#isBusy) return { kind: "busy" };
    this.#isBusy = true;
    // Fetched when it is needed: 1 MB.
    const { Session } = process.getBuiltinModule("node:inspector/promises");
    const session = new Session();
    try {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      await wait(seconds * 1_000, undefined, { signal }).catch(() => undefined);
      const { profile } = await session.post("Profiler.stop");
      return { kind: "profiled", json: JSON.stringify(profile), busySamples: countBusy(profile) };
    } finally {
      session.disconnect();
      this.#isBusy = false;
    }
  }
}

/** Of several processes' profiles that of the one that has worked most; `own` where there is no other. */
export function busiestOf(own: ProfileResult, others: readonly ProfileResult[]): ProfileResult {
  return others.reduce((most, one) => {
    if (most.kind === "busy" || one.kind === "busy") return most;
    return one.busySamples > most.busySamples ? one : most;
  }, own);
}

function countBusy({ nodes }: Profiler.Profile): number {
  return nodes.reduce(
    (sum, { callFrame, hitCount = 0 }) => (callFrame.functionName === "(idle)" ? sum : sum + hitCount),
    0,
  );
}
