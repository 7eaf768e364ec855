/**
 * Takes a server out of service so that no client notices: nothing new is accepted, and connections that are in use get
 * their answers, each the last one (`connection: close`), before any of them is closed.
 *
 * An idle connection must not be closed at once: its client may be sending at this moment, and would see its request
 * fail. It is closed when nothing has come in over any connection for a while.
 */
import { setImmediate as readRound, setTimeout as pass } from "node:timers/promises";
import type { Clock } from "../core/time/clock.ts";
import type { Exchange } from "../gateway/request/exchange.ts";
import type { OpenCalls } from "../gateway/open-calls.ts";
import type { ClientServer } from "../server/client-server.ts";

/** Where a server is in its life. */
export interface ServiceLife {
  phase: "starting" | "running" | "draining";
  /** Requests that came in since the drain began. */
  lateRequests: number;
}

export interface DrainParts {
  readonly server: ClientServer;
  readonly openCalls: Pick<OpenCalls, "count" | "drain">;
  readonly clock: Clock;
  readonly life: ServiceLife;
  readonly graceMs: number;
}

/** A client that uses its connection sends its next request within a second, most of the time. */
const quietLooks = 50;
const lookEveryMs = 20;

/** Resolves when the calls in flight are over, or were cut at the end of `graceMs`. */
export async function drainServer({ server, openCalls, clock, life, graceMs }: DrainParts): Promise<void> {
  const startedAt = clock.monotonicMs();
  await server.stopListening();
  let seenRequests = life.lateRequests;
  // Looks, not time: where this process or the whole machine is held up, so are the requests that are to come.
  let quiet = 0;
  while (quiet < quietLooks && clock.monotonicMs() - startedAt < graceMs && (await countConnections(server)) > 0) {
    await pass(lookEveryMs);
    // What has arrived meanwhile is read before it is judged.
    await readRound();
    quiet = openCalls.count() > 0 || life.lateRequests > seenRequests ? 0 : quiet + 1;
    seenRequests = life.lateRequests;
  }
  server.closeIdleConnections();
  await openCalls.drain(Math.max(0, graceMs - (clock.monotonicMs() - startedAt)));
}

/** A request that comes in while the server drains: its connection ends with its answer. */
export function takeLeave(life: ServiceLife, exchange: Exchange): void {
  exchange.closeAfter();
  life.lateRequests++;
}

function countConnections(server: ClientServer): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)));
}
