/**
 * A worker: serves calls on the port that all workers share, and nothing else. What must be one for all of them (money,
 * limits, records, the operators' API) is the parent's.
 */
import { pid } from "node:process";
import { StructuredLogger } from "../../core/log/logging.ts";
import type { ClearFilter } from "../../cache/answer-store.ts";
import type { Config } from "../../config/schema.ts";
import type { Exchange } from "../../gateway/request/exchange.ts";
import { CpuProfiler } from "../../monitoring/process/cpu-profile.ts";
import { HeapSnapshots } from "../../monitoring/process/heap-snapshot.ts";
import type { SnapshotResult } from "../../monitoring/process/heap-snapshot.ts";
import type { ClientServer } from "../../server/client-server.ts";
import { createGateway } from "../runtime/create-gateway.ts";
import type { GatewayOfConfig } from "../runtime/create-gateway.ts";
import { drainServer, takeLeave } from "../drain-server.ts";
import type { ServiceLife } from "../drain-server.ts";
import { createHttpServer, listenWith } from "../http-server.ts";
import { serveClient } from "../serve-client.ts";
import type { CountRequest } from "../serve-client.ts";
import { forwardToParent } from "./forward-to-parent.ts";
import { Link } from "./link.ts";
import type { LinkMessage } from "./link.ts";
import type { Assignment, Begun, NewsMessage, RequestOfWorker } from "./messages.ts";
import { workerCount } from "../process/worker-count.ts";
import { createWorkerState } from "./worker-state.ts";
import type { WorkerState } from "./worker-state.ts";

// The parent hears the signals of a terminal too, and decides what they mean.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const) process.on(signal, () => undefined);

const send = (message: LinkMessage): void => {
  // Node ends a worker whose parent is gone, before any listener to `disconnect`.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
};

const profiler = new CpuProfiler();
let worker: Worker | null = null;
/** The socket of the port: the parent's first message has it. */
let boundPort: unknown;
const running = (): Worker => worker!;
const link = new Link(send, {
  begin: async (assignment: Assignment): Promise<Begun> => {
    try {
      worker = await Worker.start(assignment, link, boundPort);
      return { kind: "listening", port: worker.port };
    } catch (error) {
      const { message, code = null } = error as NodeJS.ErrnoException;
      return { kind: "failed", message, code };
    }
  },
  configure: (next: Assignment) => running().configure(next),
  look: () => running().state.look(),
  pulse: () => null,
  clearAnswers: (filter: ClearFilter) => running().state.calls.answerCache.answers.clearMemory(filter),
  news: (news: NewsMessage) => worker?.state.hear(news),
  snapshot: () => running().writeHeapSnapshot(),
  profile: (seconds: number) => profiler.profile(seconds, new AbortController().signal),
  drain: () => running().drain(),
  leave: () => running().leave(),
});
process.on("message", (message, handle: unknown) => {
  if (handle === undefined) link.receive(message as LinkMessage);
  else boundPort = handle;
});
link.tell("listens", null);

interface WorkerParts {
  /** Of the start. */
  readonly config: Config;
  readonly state: WorkerState;
  readonly port: number;
  readonly server: ClientServer;
  readonly life: ServiceLife;
  readonly current: { runtime: GatewayOfConfig };
}

class Worker {
  readonly state: WorkerState;
  readonly port: number;
  readonly #parts: WorkerParts;
  #configured: Promise<unknown> = Promise.resolve();
  #ended: Promise<void> | null = null;

  static async start(assignment: Assignment, link: Link, boundPort: unknown): Promise<Worker> {
    const { config, environment, keys, adminSocket } = assignment;
    const output = { write: (line: string) => link.tell("log", line), flush: () => undefined, close: () => undefined };
    const logger = new StructuredLogger({ level: config.logging.level, output });
    const state = await createWorkerState(config, logger.child({ worker: pid }), link);
    const current = { runtime: await createGateway(config, environment, state.calls, keys) };
    state.show(() => current.runtime.gateway);
    const life: ServiceLife = { phase: "running", lateRequests: 0 };
    const count: CountRequest = (route, { method, status }) =>
      link.tell("request", { route, method, status } satisfies RequestOfWorker);
    const server = createHttpServer(config.server, (exchange: Exchange) => {
      if (life.phase === "draining") takeLeave(life, exchange);
      if (!serveClient(current.runtime.gateway, exchange, count)) forwardToParent(exchange, adminSocket);
    });
    const port = await listenWith(server, boundPort);
    server.on("error", (error) => logger.error({ error }, "a connection could not be accepted"));
    process.on("uncaughtException", (error, origin) => {
      logger.error({ error, origin }, "a defect in the router: nobody caught this error; the router goes on");
    });
    return new Worker({ config, state, port, server, life, current });
  }

  private constructor(parts: WorkerParts) {
    this.state = parts.state;
    this.port = parts.port;
    this.#parts = parts;
  }

  /** One after the other: what takes long must not end after what came later. */
  configure(next: Assignment): Promise<void> {
    const taken = this.#configured.then(() => this.#take(next));
    this.#configured = taken.catch(() => undefined);
    return taken;
  }

  async #take({ config, environment, keys }: Assignment): Promise<void> {
    const { current } = this.#parts;
    const old = current.runtime;
    current.runtime = await createGateway(config, environment, this.state.calls, keys);
    this.state.configure(config);
    // Its calls may still want another attempt: a closed client would refuse them.
    void this.state.calls.openCalls.presentOver().then(() => old.close());
  }

  writeHeapSnapshot(): SnapshotResult {
    const { config } = this.#parts;
    const { clock, logger } = this.state.calls;
    return new HeapSnapshots({
      folder: config.monitoring.heapSnapshotDir,
      clock,
      logger,
      print: () => undefined,
      processes: 1 + workerCount(config.server.workers),
    }).write();
  }

  /** Resolves when its last call is over and told. */
  drain(): Promise<void> {
    return (this.#ended ??= this.#end(async (graceMs) => {
      const { openCalls, clock } = this.state.calls;
      const { server, life } = this.#parts;
      await drainServer({ server, openCalls, clock, life, graceMs });
    }));
  }

  /** As `drain`, for one whose router goes on: other workers take what waits at the socket that all share. */
  leave(): Promise<void> {
    return (this.#ended ??= this.#end((graceMs) => {
      this.#parts.server.close();
      this.#parts.server.closeIdleConnections();
      return this.state.calls.openCalls.drain(graceMs);
    }));
  }

  async #end(finish: (graceMs: number) => Promise<void>): Promise<void> {
    const { life, current } = this.#parts;
    life.phase = "draining";
    await finish(current.runtime.config.server.gracePeriodMs);
    this.state.close();
  }
}
