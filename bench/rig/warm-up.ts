/** Lets just-in-time compilers see the work before it counts. */
import type { RunningServer } from "../servers/server.ts";
import { runWrk } from "./wrk.ts";

const burst = { kind: "whole", connections: 8, seconds: 3, bodyBytes: 1_024 } as const;
/** What a burst has to be of the cheapest one before it to count as cheaper. */
const noticeable = 0.97;

/**
 * Bursts of calls until two in a row are no cheaper: after 100,000 calls ours takes half of its first processor time, and a
 * router is meant to run for days.
 */
export async function warmUpCalls(server: RunningServer, mostBursts = 6): Promise<void> {
  let lowestUs = Infinity;
  let burstsSinceLowest = 0;
  for (let bursts = 0; bursts < mostBursts && burstsSinceLowest < 2; bursts++) {
    const { cpuUsPerRequest } = await runWrk(server, burst);
    burstsSinceLowest = cpuUsPerRequest < lowestUs * noticeable ? 0 : burstsSinceLowest + 1;
    lowestUs = Math.min(lowestUs, cpuUsPerRequest);
  }
}
