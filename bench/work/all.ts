/** Every work item, in the order of the table. */
import { addedLatency } from "./added-latency.ts";
import { cpuPerRequest } from "./cpu-per-request.ts";
import { eventCpu } from "./event-cpu.ts";
import { firstByte } from "./first-byte.ts";
import { largeBody } from "./large-body.ts";
import { manyStreams } from "./many-streams.ts";
import { requestsPerCore } from "./requests-per-core.ts";
import { restartAfterKill } from "./restart-after-kill.ts";
import { coldStart, idleMemory } from "./start-up.ts";
import { streamMemory } from "./stream-memory.ts";
import { translatedBody } from "./translated-body.ts";
import type { WorkItem } from "./work-item.ts";

export const workItems: readonly WorkItem[] = [
  addedLatency,
  requestsPerCore,
  cpuPerRequest,
  firstByte,
  eventCpu,
  manyStreams,
  streamMemory,
  largeBody,
  translatedBody,
  idleMemory,
  coldStart,
  restartAfterKill,
];
