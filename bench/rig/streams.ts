/** Runs a load of streams against one server and accounts for what the server used meanwhile. */
import { fileURLToPath } from "node:url";
import { closingEventCount, openingEventCount } from "../load/stream-events.ts";
import type { LoadMessage, StreamLoad, StreamResult } from "../load/stream-load.ts";
import { messagesBody } from "../load/requests.ts";
import type { RunningServer } from "../servers/server.ts";
import { loadCore, startChild } from "./children.ts";
import { cpuSeconds, residentMb } from "./process-facts.ts";
import type { Providers } from "./providers.ts";

export interface StreamPlan {
  readonly streams: number;
  /** The first of them, whose first bytes do not count; none by default. */
  readonly leadIn?: number;
  readonly spacingMs: number;
  /** Events a second of each stream. */
  readonly rate: number;
  readonly settleMs: number;
  readonly windowMs: number;
  /** How long each stream goes on. */
  readonly durationMs: number;
}

export interface StreamMeasurement extends StreamResult {
  /** Processor seconds of the server within the window; 0 without a server. */
  readonly windowCpuSeconds: number;
  /** Resident memory at the window's end. */
  readonly residentMb: number;
}

const loadFile = fileURLToPath(new URL("../load/stream-load.ts", import.meta.url));

/** One run of streams. Throws where the server has no stream to offer. */
export async function runStreams(
  server: RunningServer,
  providers: Providers,
  plan: StreamPlan,
): Promise<StreamMeasurement> {
  const target = server.target("stream");
  if (target === null) throw new Error(`${server.name} does not stream`);
  const deltas = Math.max(1, Math.round((plan.durationMs / 1_000) * plan.rate));
  await providers.setStreamPace({ intervalMs: 1_000 / plan.rate, deltas });
  const load: StreamLoad = {
    port: target.port,
    path: target.path,
    headers: { ...target.headers, accept: "text/event-stream" },
    body: messagesBody(target.model, 1_024, true),
    streams: plan.streams,
    leadIn: plan.leadIn ?? 0,
    spacingMs: plan.spacingMs,
    settleMs: plan.settleMs,
    windowMs: plan.windowMs,
    eventsPerStream: openingEventCount + deltas + closingEventCount,
    timeoutMs: plan.streams * plan.spacingMs + plan.durationMs + 15_000,
  };
  return await watchLoad(server, load);
}

function watchLoad(server: RunningServer, load: StreamLoad): Promise<StreamMeasurement> {
  const child = startChild(process.execPath, [loadFile], { core: loadCore, hasChannel: true });
  let cpuBefore = 0;
  let windowCpuSeconds = 0;
  let memoryMb = 0;
  return new Promise((resolve, reject) => {
    child.process.once("exit", (code) => {
      if (code !== 0) reject(new Error(`the stream load ended with code ${code}: ${child.output().slice(-500)}`));
    });
    child.process.on("message", (message: LoadMessage) => {
      if ("result" in message) resolve({ ...message.result, windowCpuSeconds, residentMb: memoryMb });
      else if (server.pid !== null && message.mark === "open") cpuBefore = cpuSeconds(server.pid);
      else if (server.pid !== null) {
        windowCpuSeconds = cpuSeconds(server.pid) - cpuBefore;
        memoryMb = residentMb(server.pid);
      }
    });
    child.process.send(load);
  });
}
