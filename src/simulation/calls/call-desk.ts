/** The desk of a simulated provider: takes each request off the socket, keeps account of it, and hands it on. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson } from "../../core/json/json.ts";
import { CallAnswerer } from "./answer-call.ts";
import type { Call, CallAnswererOptions } from "./answer-call.ts";
import { changeBehaviour } from "../behaviour.ts";
import type { Behaviour, BehaviourChange } from "../behaviour.ts";
import { answerControl } from "./control.ts";
import type { Profile, SimulatedDialect } from "../profile.ts";
import type { Recording } from "../sending/replay.ts";
import { Ring } from "./request-log.ts";
import type { AbortedRequest, ReceivedRequest } from "./request-log.ts";
import type { AnswerState } from "../sending/sinks.ts";

export interface CallDeskOptions extends CallAnswererOptions {
  readonly keepRequests: number;
}

/** What the provider speaks; the first one answers on all paths that are no calls to the model. */
export type Profiles = readonly [Profile, ...Profile[]];

/** What the next call gets in place of the behaviour. */
type Queued =
  | { readonly kind: "change"; readonly change: BehaviourChange }
  | { readonly kind: "replay"; readonly recording: Recording };

/** Ends of the paths of calls to the model. */
const inferencePaths: Readonly<Record<SimulatedDialect, string>> = {
  "anthropic-messages": "/messages",
  "openai-chat": "/chat/completions",
  "openai-responses": "/responses",
};

const maxBodyBytes = 32 * 1024 * 1024;

export class CallDesk {
  behaviour: Behaviour;
  readonly #profiles: Profiles;
  readonly #start: Behaviour;
  readonly #options: CallDeskOptions;
  readonly #answerer: CallAnswerer;
  readonly #requests: Ring<ReceivedRequest>;
  readonly #aborted: Ring<AbortedRequest>;
  #queue: Queued[] = [];
  #serial = 0;
  #running = 0;
  #abortedCount = 0;

  constructor(profiles: Profiles, start: Behaviour, options: CallDeskOptions) {
    this.#profiles = profiles;
    this.#start = start;
    this.behaviour = start;
    this.#options = options;
    this.#answerer = new CallAnswerer(options);
    this.#requests = new Ring(options.keepRequests);
    this.#aborted = new Ring(options.keepRequests);
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#requests.list();
  }

  get aborted(): readonly AbortedRequest[] {
    return this.#aborted.list();
  }

  behave(change: BehaviourChange): void {
    this.behaviour = changeBehaviour(this.behaviour, change);
  }

  behaveNext(change: BehaviourChange, count = 1): void {
    // Throws now what would otherwise come up in a later call.
    changeBehaviour(this.behaviour, change);
    for (let index = 0; index < count; index++) this.#queue.push({ kind: "change", change });
  }

  resetBehaviour(): void {
    this.behaviour = this.#start;
    this.#queue = [];
  }

  replay(recording: Recording, count = 1): void {
    for (let index = 0; index < count; index++) this.#queue.push({ kind: "replay", recording });
  }

  counts(): { readonly requests: number; readonly running: number; readonly aborted: number } {
    return { requests: this.#serial, running: this.#running, aborted: this.#abortedCount };
  }

  forget(): void {
    this.#requests.clear();
    this.#aborted.clear();
    this.#answerer.forget();
  }

  close(): void {
    this.#answerer.close();
  }

  /** Takes a request off the socket and sees to its answer. */
  receive(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "/";
    const method = request.method ?? "GET";
    if (path.startsWith("/simulation/")) {
      readBody(request, (bodyText) => this.#control(response, method, path, bodyText));
      return;
    }
    const serial = ++this.#serial;
    const state: AnswerState = { isOwnEnd: false, bytesWritten: 0 };
    this.#watch(response, state, serial, path);
    readBody(request, (bodyText, isTooLarge) => {
      const body = bodyText === "" ? undefined : parseJson(bodyText);
      const receivedAtMs = this.#options.clock.nowMs();
      const received = { serial, method, path, headers: request.headers, bodyText, body, receivedAtMs };
      this.#requests.add(received);
      const bare = path.split("?")[0] ?? "/";
      const profile = this.#profiles.find(({ dialect }) => bare.endsWith(inferencePaths[dialect]));
      const call = { received, response, state, behaviour: this.behaviour, profile: profile ?? this.#profiles[0] };
      if (isTooLarge) this.#answerer.refuse(call, call.profile.errors.ofStatus(413));
      else this.#route(call, bare, profile !== undefined);
    });
  }

  #control(response: ServerResponse, method: string, path: string, bodyText: string): void {
    const { status, value } = answerControl(this, method, path, bodyText === "" ? undefined : parseJson(bodyText));
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  }

  #watch(response: ServerResponse, state: AnswerState, serial: number, path: string): void {
    this.#running++;
    response.on("close", () => {
      this.#running--;
      if (response.writableFinished || state.isOwnEnd) return;
      this.#abortedCount++;
      const abortedAtMs = this.#options.clock.nowMs();
      this.#aborted.add({ serial, path, abortedAtMs, bytesWritten: state.bytesWritten });
    });
  }

  #route(call: Call, path: string, isInference: boolean): void {
    const { method } = call.received;
    if (method === "HEAD") call.response.end();
    else if (method === "POST" && isInference) this.#startCall(call);
    else this.#answerer.answerSidePath(call, path);
  }

  #startCall(call: Call): void {
    const queued = this.#queue.shift();
    if (queued?.kind === "replay") this.#answerer.replay(call, queued.recording);
    else if (queued === undefined) this.#answerer.answer(call);
    else this.#answerer.answer({ ...call, behaviour: changeBehaviour(call.behaviour, queued.change) });
  }
}

function readBody(request: IncomingMessage, onEnd: (text: string, isTooLarge: boolean) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= maxBodyBytes) chunks.push(chunk);
  });
  request.on("end", () => onEnd(Buffer.concat(chunks).toString(), length > maxBodyBytes));
}
