/** Answers one call of a simulated provider: waits, refuses, fails or answers, as its behaviour says. */
import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/time/clock.ts";
import { toJsonObject } from "../../core/json/json.ts";
import { chooseFault } from "../behaviour.ts";
import type { Behaviour, Fault } from "../behaviour.ts";
import { countInput, decideAnswer, keyOf, readRequest } from "./decide-outcome.ts";
import type { InferenceRequest } from "./decide-outcome.ts";
import { withJitter } from "../sending/playback.ts";
import type { Profile } from "../profile.ts";
import { PromptCache } from "../answers/prompt-cache.ts";
import type { ProviderError } from "../provider-error.ts";
import { createRandom, hashText } from "../random.ts";
import type { Random } from "../random.ts";
import { RateWindow } from "./rate-window.ts";
import type { Recording } from "../sending/replay.ts";
import type { ReceivedRequest } from "./request-log.ts";
import { sendAnswer, sendRecording } from "../sending/send-answer.ts";
import type { SendContext } from "../sending/send-answer.ts";
import { tear } from "../sending/sinks.ts";
import type { AnswerState } from "../sending/sinks.ts";
import { TimerWheel, processTime } from "../sending/timer-wheel.ts";
import { textOrJson } from "../text-or-json.ts";

export interface CallAnswererOptions {
  readonly seed: number;
  readonly clock: Clock;
}

/** One request on its way, with the behaviour and the dialect that it meets. */
export interface Call {
  readonly received: ReceivedRequest;
  readonly response: ServerResponse;
  readonly state: AnswerState;
  readonly behaviour: Behaviour;
  readonly profile: Profile;
}

/** Creation date of every simulated model. */
const modelsCreatedMs = 1_750_000_000_000;

export class CallAnswerer {
  readonly #options: CallAnswererOptions;
  readonly #cache: PromptCache;
  readonly #random: Random;
  readonly #wheel: TimerWheel = new TimerWheel(processTime);
  readonly #window: RateWindow = new RateWindow(60_000);

  constructor(options: CallAnswererOptions) {
    this.#options = options;
    this.#cache = new PromptCache(options.clock);
    this.#random = createRandom(options.seed);
  }

  forget(): void {
    this.#cache.clear();
  }

  close(): void {
    this.#wheel.close();
  }

  /** Answers a call to the model after its time to the first token. */
  answer(call: Call): void {
    this.#afterFirstToken(call, () => this.#answerNow(call));
  }

  /** Answers a call to the model with a recorded answer. */
  replay(call: Call, recording: Recording): void {
    this.#afterFirstToken(call, () =>
      sendRecording(call.response, recording, call.profile.dialect, this.#sendContext(call, 0, null)),
    );
  }

  /** Token counts, model lists, and paths that do not exist. */
  answerSidePath(call: Call, path: string): void {
    const { method } = call.received;
    const fault = call.behaviour.faultPaths === "all" ? chooseFault(call.behaviour, this.#random) : null;
    const refusal = this.#checkKey(call);
    const isCount = call.profile.dialect === "anthropic-messages" && path.endsWith("/messages/count_tokens");
    if (refusal !== null) this.refuse(call, refusal);
    else if (fault !== null && this.#failBeforeHead(call, fault)) return;
    else if (method === "POST" && isCount) this.#countTokens(call);
    else if (method === "GET" && path.endsWith("/models")) {
      this.#sendJson(call, 200, call.profile.modelList(modelsCreatedMs), this.#sendContext(call, 0, null));
    } else this.refuse(call, call.profile.errors.noSuchPath(method, path));
  }

  /** Answers with an error in the provider's own shape. */
  refuse(call: Call, error: ProviderError): void {
    const context = this.#sendContext(call, 0, error.retryAfterSeconds);
    this.#sendJson(call, error.status, call.profile.errorBody(error, context.requestId), context);
  }

  #afterFirstToken(call: Call, run: () => void): void {
    const { firstTokenMs, jitterRatio } = call.behaviour;
    const waitMs = withJitter(firstTokenMs, jitterRatio, this.#random);
    if (waitMs === 0) run();
    else
      this.#wheel.schedule(waitMs, () => {
        if (!call.response.destroyed) run();
      });
  }

  #answerNow(call: Call): void {
    const refusal = this.#checkKey(call) ?? this.#checkRate(call);
    if (refusal !== null) return this.refuse(call, refusal);
    const fault = chooseFault(call.behaviour, this.#random);
    if (fault !== null && this.#failBeforeHead(call, fault)) return;
    const request = this.#toInference(call);
    const read = readRequest(call.profile, call.behaviour, request, false);
    if (read.kind === "refused") return this.refuse(call, read.error);
    const decided = decideAnswer(call.profile, call.behaviour, this.#cache, this.#options.seed, request, read);
    if (decided.kind === "refused") return this.refuse(call, decided.error);
    const { input } = decided.facts;
    const inputTokens = input.uncached + input.read + input.write5m + input.write1h;
    sendAnswer(call.response, decided.facts, fault, this.#sendContext(call, inputTokens, null));
  }

  #countTokens(call: Call): void {
    const read = readRequest(call.profile, call.behaviour, this.#toInference(call), true);
    if (read.kind === "refused") return this.refuse(call, read.error);
    this.#sendJson(call, 200, { input_tokens: countInput(read.prompt) }, this.#sendContext(call, 0, null));
  }

  #toInference(call: Call): InferenceRequest {
    const { body, headers, serial } = call.received;
    return { body, headers, serial, nowMs: this.#options.clock.nowMs() };
  }

  #checkKey(call: Call): ProviderError | null {
    const { requiredKey } = call.behaviour;
    const key = keyOf(call.received.headers);
    return requiredKey === null || key === requiredKey ? null : call.profile.errors.badKey(key);
  }

  #checkRate(call: Call): ProviderError | null {
    const { requestsPerMinute } = call.behaviour;
    if (requestsPerMinute === null) return null;
    const waitMs = this.#window.take(this.#options.clock.nowMs(), requestsPerMinute);
    if (waitMs === 0) return null;
    return call.profile.errors.tooManyRequests(modelOf(call), requestsPerMinute, Math.ceil(waitMs / 1000));
  }

  /** Faults that need no answer; false where the fault lies in the answer itself. */
  #failBeforeHead(call: Call, fault: Fault): boolean {
    const { errors } = call.profile;
    if (fault.kind === "hang") return true;
    if (fault.kind === "reset" && fault.afterFrames === null) {
      call.state.isOwnEnd = true;
      tear(call.response.socket, "reset");
    } else if (fault.kind === "overloaded") this.refuse(call, errors.overloaded());
    else if (fault.kind === "rate-limit") {
      const limit = call.behaviour.requestsPerMinute ?? 50;
      this.refuse(call, errors.tooManyRequests(modelOf(call), limit, fault.retryAfterSeconds));
    } else if (fault.kind === "status") {
      const error = errors.ofStatus(fault.status);
      this.refuse(call, { ...error, retryAfterSeconds: fault.retryAfterSeconds ?? error.retryAfterSeconds });
    } else return false;
    return true;
  }

  #sendJson(call: Call, status: number, value: object, context: SendContext): void {
    const text = JSON.stringify(value);
    const length = Buffer.byteLength(text);
    call.state.bytesWritten += length;
    const headers = { "content-type": "application/json", "content-length": length, ...context.headers };
    call.response.writeHead(status, headers).end(text);
  }

  #sendContext(call: Call, inputTokens: number, retryAfterSeconds: number | null): SendContext {
    const requestId = call.profile.requestId(hashText(`request ${this.#options.seed} ${call.received.serial}`));
    const nowMs = this.#options.clock.nowMs();
    const requestsLimit = call.behaviour.requestsPerMinute ?? 4000;
    const headers = call.profile.headers({
      requestId,
      nowMs,
      elapsedMs: nowMs - call.received.receivedAtMs,
      requestsLimit,
      requestsLeft: Math.max(0, requestsLimit - this.#window.used(nowMs)),
      inputTokens,
    });
    if (retryAfterSeconds !== null) headers["retry-after"] = String(retryAfterSeconds);
    return {
      profile: call.profile,
      behaviour: call.behaviour,
      wheel: this.#wheel,
      random: this.#random,
      requestId,
      headers,
      state: call.state,
    };
  }
}

function modelOf(call: Call): string {
  return textOrJson(toJsonObject(call.received.body)["model"]);
}
