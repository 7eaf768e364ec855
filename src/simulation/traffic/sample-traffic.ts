/**
 * Sample traffic: drives a router as several people at work would.
 *
 * Sessions that grow over turns, tools, streams, background calls, token counts, mistakes, and people who press Esc;
 * at a given rate, with a bounded number of calls at once, until it is stopped.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Agent, request } from "undici";
import { parseJson, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import { foldAnthropicStream } from "./fold-anthropic-stream.ts";
import { createRandom, hashText, pickInteger } from "../random.ts";
import type { Random } from "../random.ts";
import { SampleSession } from "./sample-session.ts";
import type { SampleRequest } from "./sample-session.ts";
import { sampleUsers } from "./sample-users.ts";
import type { SampleUser } from "./sample-users.ts";
import { textOrJson } from "../text-or-json.ts";

export interface SampleTrafficOptions {
  /** The router's origin. */
  readonly url: string;
  /** New pieces of work a minute, over all users. */
  readonly tasksPerMinute: number;
  /** Stops it when aborted. */
  readonly signal: AbortSignal;
  /** Ends by itself after so many tasks. */
  readonly maxTasks?: number;
  readonly users?: readonly SampleUser[];
  readonly seed?: number;
  /** Told of every call that ended. */
  readonly onCall?: (call: SampleCall) => void;
}

export interface SampleCall {
  readonly user: string;
  readonly path: string;
  readonly model: string;
  /** HTTP status; 0 where there was none. */
  readonly status: number;
  readonly end: "whole" | "refused" | "broken" | "left";
}

export interface SampleTotals {
  tasks: number;
  calls: number;
  whole: number;
  refused: number;
  broken: number;
  left: number;
}

const maxRunning = 32;
const maxToolTurns = 5;

/** Runs until the signal is aborted or all tasks are done; answers what came of the calls. */
export function runSampleTraffic(options: SampleTrafficOptions): Promise<SampleTotals> {
  return new SampleTraffic(options).run();
}

class SampleTraffic {
  readonly #options: SampleTrafficOptions;
  readonly #users: readonly SampleUser[];
  readonly #random: Random;
  readonly #agent = new Agent({ connections: maxRunning });
  readonly #sessions = new Map<string, SampleSession>();
  readonly #busy = new Set<string>();
  #opened = 0;
  readonly #totals: SampleTotals = { tasks: 0, calls: 0, whole: 0, refused: 0, broken: 0, left: 0 };

  constructor(options: SampleTrafficOptions) {
    this.#options = options;
    this.#users = options.users ?? sampleUsers;
    this.#random = createRandom(options.seed ?? 1);
  }

  async run(): Promise<SampleTotals> {
    const { signal, tasksPerMinute, maxTasks = Number.POSITIVE_INFINITY } = this.#options;
    const running = new Set<Promise<void>>();
    while (!signal.aborted && this.#totals.tasks < maxTasks) {
      if (running.size < maxRunning) {
        this.#totals.tasks++;
        const task = this.#runTask().finally(() => running.delete(task));
        running.add(task);
      }
      // Gaps between half and one and a half of the even one.
      await wait((60_000 / tasksPerMinute) * (0.5 + this.#random()), undefined, { signal }).catch(() => undefined);
    }
    await Promise.allSettled(running);
    await this.#agent.destroy();
    return this.#totals;
  }

  async #runTask(): Promise<void> {
    const user = this.#users[pickInteger(this.#random, 0, this.#users.length - 1)];
    if (user === undefined) return;
    const session = this.#sessionOf(user);
    const roll = this.#random();
    if (user.client === "claude-code" && roll < 0.24) {
      await this.#send(user, this.#sideRequest(session, roll), null);
      return;
    }
    // One person asks one thing at a time; who is busy starts a second session beside the first.
    const isBusy = this.#busy.has(user.name);
    const used = isBusy ? this.#openSession(user) : session;
    this.#busy.add(user.name);
    await this.#converse(used, roll > 0.95);
    if (!isBusy) this.#busy.delete(user.name);
  }

  #sideRequest(session: SampleSession, roll: number): SampleRequest {
    if (roll < 0.12) return session.toBackgroundRequest();
    return roll < 0.2 ? session.toCountRequest() : session.toMistakenRequest();
  }

  #sessionOf(user: SampleUser): SampleSession {
    const open = this.#sessions.get(user.name);
    if (open !== undefined && !open.isLong()) return open;
    const fresh = this.#openSession(user);
    this.#sessions.set(user.name, fresh);
    return fresh;
  }

  /** Its own source of randomness: what one person asks does not depend on when others are answered. */
  #openSession(user: SampleUser): SampleSession {
    const seed = hashText(`${this.#options.seed ?? 1} ${user.name} ${++this.#opened}`);
    return new SampleSession(user, createRandom(seed));
  }

  async #converse(session: SampleSession, isLeaving: boolean): Promise<void> {
    let next: SampleRequest | null = session.ask();
    for (let turn = 0; next !== null && turn < maxToolTurns; turn++) {
      const text: string | null = await this.#send(session.user, next, isLeaving ? 300 : null);
      if (text === null) {
        session.drop();
        return;
      }
      if (session.user.client === "openai-sdk") {
        session.takeText(joinDeltas(text));
        return;
      }
      next = session.take(foldAnthropicStream(text).content);
    }
  }

  /** Sends one request; the answer's text, or null where it failed or the user left after `leaveAfterMs`. */
  async #send(user: SampleUser, wanted: SampleRequest, leaveAfterMs: number | null): Promise<string | null> {
    const leave = new AbortController();
    const timer = leaveAfterMs === null ? undefined : setTimeout(() => leave.abort(), leaveAfterMs);
    let status = 0;
    let text: string | null = null;
    try {
      const answer = await request(this.#options.url + wanted.path, {
        method: "POST",
        headers: wanted.headers,
        body: JSON.stringify(wanted.body),
        dispatcher: this.#agent,
        signal: AbortSignal.any([this.#options.signal, leave.signal]),
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch {
      // A router that is away, a socket that broke: counted below, and the traffic goes on.
    }
    clearTimeout(timer);
    // A call that the traffic's own end cuts off is left, too: nothing broke.
    const isLeft = leave.signal.aborted || (this.#options.signal.aborted && text === null);
    const end = isLeft ? "left" : status >= 400 ? "refused" : isWhole(wanted, text) ? "whole" : "broken";
    this.#totals.calls++;
    this.#totals[end]++;
    this.#options.onCall?.({
      user: user.name,
      path: wanted.path,
      model: textOrJson(wanted.body["model"]),
      status,
      end,
    });
    return end === "whole" ? text : null;
  }
}

/** Whether a stream reached its dialect's own end; an answer that is none has only to be there. */
function isWhole(wanted: SampleRequest, text: string | null): boolean {
  if (text === null) return false;
  return wanted.body["stream"] !== true || text.includes("event: message_stop") || text.includes("data: [DONE]");
}

/** The text of an OpenAI stream. */
function joinDeltas(stream: string): string {
  let text = "";
  for (const line of stream.split("\n")) {
    if (!line.startsWith("data: {")) continue;
    const choice = toJsonObject(toJsonArray(toJsonObject(parseJson(line.slice(6)))["choices"])[0]);
    text += textOrJson(toJsonObject(choice["delta"])["content"]);
  }
  return text;
}
