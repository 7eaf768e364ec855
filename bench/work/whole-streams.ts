/** Streams count only if they came whole: speed with losses is no speed. */
import type { StreamMeasurement } from "../rig/streams.ts";
import type { RunningServer } from "../servers/server.ts";
import type { Sample } from "./work-item.ts";
import { toSample } from "./work-item.ts";

/** The sample of a run of streams. Throws if a stream failed or an event was lost. */
export function requireWhole(server: RunningServer, measured: StreamMeasurement): Sample {
  if (measured.failed > 0) {
    throw new Error(`${server.name}: ${measured.failed} streams failed (${measured.failures.join("; ")})`);
  }
  if (measured.lostEvents > 0) throw new Error(`${server.name}: ${measured.lostEvents} events lost or made up`);
  return toSample(measured);
}
