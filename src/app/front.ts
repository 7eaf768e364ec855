/** What stands at the port: this process itself, or workers of which this process is the parent. */
import type { ClearFilter } from "../cache/answer-store.ts";
import type { ClientServer } from "../server/client-server.ts";
import type { ProfileResult } from "../monitoring/process/cpu-profile.ts";
import type { WorkerSnapshot } from "../monitoring/process/heap-snapshot.ts";
import { drainServer } from "./drain-server.ts";
import type { ServiceLife } from "./drain-server.ts";
import { listen } from "./http-server.ts";
import type { InstanceNews } from "./sharing/instance-news.ts";
import type { LiveParts } from "./process/live-parts.ts";
import type { ProcessState } from "./process/process-state.ts";
import type { Runtime } from "./runtime/create-runtime.ts";

export interface FrontParts {
  readonly state: ProcessState;
  readonly runtime: () => Runtime;
  readonly life: ServiceLife;
  /** Answers calls where this process serves them, and in any case all else. */
  readonly server: ClientServer;
}

export interface Front {
  /** How processes of this router hear of each other without Redis; undefined where there is one. */
  readonly news: InstanceNews | undefined;
  /** What runs at the moment; `own` is what runs in this process. */
  liveParts(own: LiveParts): LiveParts;
  answerScrape(state: ProcessState, accept: string | undefined): ReturnType<ProcessState["metrics"]["answerScrape"]>;
  /** Serves from now on: resolves with the port. Rejects with the system's error. */
  open(parts: FrontParts): Promise<number>;
  /** Process ids of the workers; none where this process serves calls. */
  workers(): readonly number[];
  /** Drops answers that workers keep in memory, and tells how many; 0 where there are none. Never rejects. */
  clearAnswers(filter: ClearFilter): Promise<number>;
  /** Heap snapshots of the workers; none where there are none. Never rejects. */
  writeHeapSnapshots(): Promise<readonly WorkerSnapshot[]>;
  /** CPU profiles of the workers; none where there are none. Never rejects. */
  profileWorkers(seconds: number): Promise<readonly ProfileResult[]>;
  /** Brings what operators see up to date; null where it is. */
  refresh(): Promise<void> | null;
  /** Takes over the runtime of the moment. Never rejects. */
  configure(): Promise<void>;
  /** Nothing new is accepted, calls in flight may finish. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** One process for everything. */
export function createSingleFront(): Front {
  let parts: FrontParts | null = null;
  return {
    news: undefined,
    liveParts: (own) => own,
    answerScrape: (state, accept) => state.metrics.answerScrape(accept),
    async open(opened) {
      parts = opened;
      const { host, port } = opened.runtime().config.server;
      return listen(opened.server, host, port);
    },
    workers: () => [],
    clearAnswers: () => Promise.resolve(0),
    writeHeapSnapshots: () => Promise.resolve([]),
    profileWorkers: () => Promise.resolve([]),
    refresh: () => null,
    configure: () => Promise.resolve(),
    async drain() {
      const { server, life, state, runtime } = parts!;
      const { openCalls, clock } = state;
      const graceMs = runtime().config.server.gracePeriodMs;
      await drainServer({ server, openCalls, clock, life, graceMs });
    },
    close() {
      parts?.server.close();
      parts?.server.closeAllConnections();
      return Promise.resolve();
    },
  };
}
