/**
 * The workers of a router, as their parent keeps them: starts as many as the setting says, replaces one that dies or hangs
 * for good, tells them of reloads and news, asks them what runs, and lets them finish when the router stops.
 *
 * All share one listening socket: a connection that a dying worker has not taken is another one's, also where that is still
 * to start (docs/decisions/2026-11-28-workers.md has the numbers).
 */
import cluster from "node:cluster";
import type { SendHandle } from "node:child_process";
import type { Worker as Child } from "node:cluster";
import { once } from "node:events";
import { StructuredLogger } from "../../core/log/logging.ts";
import type { Logger } from "../../core/log/logging.ts";
import { ownProgram } from "../../core/files/own-files.ts";
import { withinTime } from "../../core/time/within-time.ts";
import { countsOf } from "../../monitoring/series/merge-snapshots.ts";
import type { MetricsSnapshot } from "../../monitoring/series/merge-snapshots.ts";
import type { InstanceNews, NewsListener } from "../sharing/instance-news.ts";
import type { ProcessState } from "../process/process-state.ts";
import type { BoundPort } from "./bind-port.ts";
import { Link } from "./link.ts";
import type { LinkHandler, LinkMessage } from "./link.ts";
import { portMessage } from "./messages.ts";
import type { Assignment, Begun, NewsMessage, SavedSession, WorkerLook } from "./messages.ts";
import { Pulse } from "./pulse.ts";
import { createSessionMemory } from "./session-memory.ts";
import { createWorkerDesk } from "./worker-desk.ts";
import type { WorkerDesk } from "./worker-desk.ts";

/** A worker, as its parent keeps it. */
export interface Member {
  readonly child: Child;
  readonly link: Link;
  readonly desk: WorkerDesk;
  readonly pulse: Pulse;
  /** False until it listens, and for one that could not. */
  isServing: boolean;
  /** Its place is another one's: it only finishes its calls. */
  isLeaving: boolean;
  look: WorkerLook | null;
}

export interface FleetParts {
  readonly count: number;
  readonly logger: Logger;
  readonly state: () => ProcessState;
  /** What a worker is to serve now. */
  readonly assignment: () => Assignment;
}

/** How long operators wait for a worker that does not say what it does. */
const lookPatienceMs = 500;
/** A worker that has not done by then what takes a moment hangs. It will, if it ever goes on: messages wait for it. */
export const hangsAfterMs = 5_000;
const pulseEveryMs = 5_000;
/** Half a minute: no call keeps a worker busy for nearly so long, and its clients have begun to give up. */
const mostSilentRounds = 6;
/** A worker that dies right after its start is not started again at once. */
const restartDelayMs = 1_000;

/** Makes no process before `start`. Its owner closes it. */
export class Fleet {
  /** News among the workers and the parent, where there is no Redis. */
  readonly news: InstanceNews;
  readonly #parts: FleetParts;
  readonly #members = new Set<Member>();
  readonly #listeners = new Map<string, NewsListener>();
  /** What those that are gone had counted, as they told it last. */
  #formerCounts: MetricsSnapshot = [];
  #port: BoundPort | null = null;
  #watch: NodeJS.Timeout | undefined;
  #isStopping = false;
  #sessionHandlers: Readonly<Record<string, LinkHandler>> = {};

  constructor(parts: FleetParts) {
    this.#parts = parts;
    this.news = {
      tell: (subject, message) => this.#relay({ subject, message }, null),
      listen: (subject, listener) => void this.#listeners.set(subject, listener),
    };
    // Node 22 and 24.0 call node:sqlite experimental, each worker anew.
    const execArgv = [...process.execArgv, "--disable-warning=ExperimentalWarning"];
    cluster.setupPrimary({ exec: ownProgram("app/workers/worker-main"), args: [], execArgv, silent: false });
  }

  /**
   * Resolves with the port's number when all listen at `port`, which is the fleet's from now on; rejects with the error of one
   * that cannot, as `listen` does.
   */
  async start(port: BoundPort): Promise<number> {
    this.#port = port;
    const { affinity } = this.#parts.assignment().config.routing;
    const sessions = createSessionMemory(affinity);
    const { clock } = this.#parts.state();
    this.#sessionHandlers = {
      loadSession: (session: string) => sessions.load(session, clock.nowMs()),
      saveSession: ({ session, found }: SavedSession) => sessions.save(session, found, clock.nowMs()),
    };
    this.#watch = setInterval(() => setImmediate(() => this.#replaceHanging()), pulseEveryMs).unref();
    const forks = Array.from({ length: this.#parts.count }, () => this.#fork().begun);
    const begun = await Promise.all(forks);
    const failed = begun.find((one) => one.kind === "failed");
    if (failed?.kind === "failed") throw Object.assign(new Error(failed.message), { code: failed.code });
    return begun.flatMap((one) => (one.kind === "listening" ? [one.port] : []))[0]!;
  }

  /** What each worker told when it was asked last; of one that has told nothing yet there is none. */
  looks(): readonly WorkerLook[] {
    return [...this.#members].flatMap(({ look }) => look ?? []);
  }

  /** Of all workers that are and were. */
  metrics(): readonly MetricsSnapshot[] {
    return [this.#formerCounts, ...this.looks().map(({ metrics }) => metrics)];
  }

  /** Process ids of those that take new calls. */
  pids(): readonly number[] {
    return [...this.#members].flatMap(({ child, isServing, isLeaving }) =>
      isServing && !isLeaving ? [child.process.pid ?? 0] : [],
    );
  }

  /** The answers of those that serve and do answer. Never rejects. */
  async askAll<Answer>(ask: (member: Member) => Promise<Answer>): Promise<readonly Answer[]> {
    const serving = [...this.#members].filter(({ isServing }) => isServing);
    const results = await Promise.allSettled(serving.map(ask));
    return results.flatMap((result) => {
      if (result.status === "fulfilled") return [result.value];
      this.#parts.logger.warn({ error: String(result.reason) }, "a worker did not answer");
      return [];
    });
  }

  /** Asks all workers what runs, and takes the account of calls that are over. */
  async refresh(): Promise<void> {
    await this.askAll(async (member) => {
      member.look = await withinTime(member.link.ask<WorkerLook>("look", null), lookPatienceMs);
    });
  }

  /** Resolves when every worker that does not hang serves by the configuration of the moment. Never rejects. */
  async configure(): Promise<void> {
    const assignment = this.#parts.assignment();
    await this.askAll((member) => {
      const taken = member.link.ask("configure", assignment);
      taken.catch((error: unknown) => this.#retire(member, error));
      return withinTime(taken, hangsAfterMs);
    });
  }

  /** Resolves when the calls of all workers are over, and told; a worker that hangs is not waited for. */
  async drain(): Promise<void> {
    this.#stop();
    await this.askAll(({ link }) => withinTime(link.ask("drain", null), this.#drainPatienceMs()));
  }

  /** Resolves when no worker is left; calls that are not over by then are cut. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(
      [...this.#members].map(async ({ child }) => {
        if (child.isDead()) return;
        const exited = once(child, "exit");
        child.process.kill("SIGKILL"); // its calls are over, or cut
        await exited;
      }),
    );
  }

  #fork(): { readonly child: Child; readonly begun: Promise<Begun> } {
    const { logger, state } = this.#parts;
    const child = cluster.fork();
    const desk = createWorkerDesk(state());
    const { promise: listens, resolve: setListens } = Promise.withResolvers<void>();
    const link: Link = new Link((message) => void (child.isConnected() && child.send(message, () => undefined)), {
      ...desk.handlers,
      ...this.#sessionHandlers,
      listens: () => setListens(),
      news: (news: NewsMessage) => this.#take(news, member),
      log: (line: string) => void (logger instanceof StructuredLogger && logger.writeLine(line)),
    });
    const pulse = new Pulse(() => link.ask("pulse", null));
    const member: Member = { child, link, desk, pulse, isServing: false, isLeaving: false, look: null };
    this.#members.add(member);
    child.on("message", (message: LinkMessage) => link.receive(message));
    child.once("exit", (code: number | null, signal: string | null) => this.#onExit(member, signal ?? `code ${code}`));
    child.once("exit", () => setListens()); // it will never: what it is asked then fails
    child.on("error", (error) => logger.error({ error }, "a worker could not be reached"));
    return { child, begun: this.#begin(member, listens) };
  }

  /** Node drops what is sent to a worker that still loads, which takes long with an agent of NODE_OPTIONS. */
  async #begin(member: Member, listens: Promise<void>): Promise<Begun> {
    await listens;
    member.child.send(portMessage, this.#port as SendHandle, () => undefined);
    const { assignment } = this.#parts;
    const given = assignment();
    const begun = await member.link
      .ask<Begun>("begin", given)
      .catch((error: unknown): Begun => ({ kind: "failed", message: String(error), code: null }));
    member.isServing = begun.kind === "listening";
    // A reload has come in between: it has read the keys anew.
    if (member.isServing && assignment().keys !== given.keys) void this.configure();
    return begun;
  }

  #stop(): void {
    this.#isStopping = true;
    clearInterval(this.#watch);
    // The workers' copies keep it open, so that the last of them closes it at once when it has looked for connections.
    this.#port?.close();
  }

  /** Kills those that have been silent for too long. After a round of reading: answers may have waited for this process. */
  #replaceHanging(): void {
    if (this.#isStopping) return;
    for (const { child, pulse, isServing } of this.#members) {
      // One that is still loading has nothing to answer with.
      if (!isServing || pulse.beat() < mostSilentRounds) continue;
      this.#parts.logger.error({ pid: child.process.pid }, "a worker hangs: it is killed");
      child.process.kill("SIGKILL");
    }
  }

  /** Its connections are gone with it; the others serve on. */
  #onExit(member: Member, how: string): void {
    const { logger } = this.#parts;
    this.#members.delete(member);
    if (member.look !== null) this.#formerCounts = countsOf([this.#formerCounts, member.look.metrics]);
    member.link.close();
    member.desk.close();
    if (this.#isStopping || member.isLeaving) return;
    logger.error({ pid: member.child.process.pid, how }, "a worker died: another one takes its place");
    if (member.isServing) void this.#replace();
    else setTimeout(() => void this.#replace(), restartDelayMs).unref();
  }

  /** It would go on by what holds no more, as a key that is revoked. */
  async #retire(member: Member, error: unknown): Promise<void> {
    if (this.#isStopping || member.isLeaving || !this.#members.has(member)) return;
    member.isLeaving = true;
    const { child, link } = member;
    const about = { pid: child.process.pid, error: String(error) };
    this.#parts.logger.error(about, "a worker could not take the new configuration: another one takes its place");
    void this.#replace();
    await withinTime(link.ask("leave", null), this.#drainPatienceMs()).catch(() => undefined);
    child.process.kill("SIGKILL");
  }

  #drainPatienceMs(): number {
    return this.#parts.assignment().config.server.gracePeriodMs + hangsAfterMs;
  }

  async #replace(): Promise<void> {
    if (this.#isStopping) return;
    const { child, begun } = this.#fork();
    const result = await begun;
    if (result.kind === "listening") return;
    this.#parts.logger.error({ error: result.message }, "a worker could not be started");
    // Its end is what the next attempt begins with.
    child.process.kill("SIGKILL");
  }

  #take(news: NewsMessage, from: Member): void {
    this.#listeners.get(news.subject)?.onMessage(news.message);
    this.#relay(news, from);
  }

  #relay(news: NewsMessage, from: Member | null): void {
    for (const member of this.#members) if (member !== from) member.link.tell("news", news);
  }
}
