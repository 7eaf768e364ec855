/** Lets just-in-time compilers see the work before it counts. */
import type { RunningServer } from "../servers/server.ts";
import { runWrk } from "./wrk.ts";

const burst = { kind: "whole", connections: 8, seconds: 3, bodyBytes: 1_024 } as const;
/** What a burst has to be of the cheapest one before it to count as cheaper. */
const noticeable = 0.97;
/** Until then a program that V8 compiles may get cheaper again after a while in which it did not. */
const warmCalls = 100_000;

/**
 * Bursts of calls until two in a row are no cheaper, and for 100,000 calls where ten bursts hold so many: by then ours takes half
 * of its first processor time, and a router is meant to run for days.
 */
export async function warmUpCalls(server: RunningServer, mostBursts = 10): Promise<void> {
  let lowestUs = Infinity;
  let burstsSinceLowest = 0;
  let calls = 0;
  for (let bursts = 0; bursts < mostBursts && (burstsSinceLowest < 2 || calls < warmCalls); bursts++) {
    const { cpuUsPerRequest, requests } = await runWrk(server, burst);
    calls += requests;
    burstsSinceLowest = cpuUsPerRequest < lowestUs * noticeable ? 0 : burstsSinceLowest + 1;
    lowestUs = Math.min(lowestUs, cpuUsPerRequest);
  }
}
