/**
 * Finished calls on their way to monitoring, some dozens at a time: one listener after the other takes them all, which
 * costs half of what each call by itself does, and none of it stands between a call and the next.
 */
import type { Logger } from "../../core/log/logging.ts";
import type { CallRecord } from "../../core/record.ts";
import { emptyFacts } from "../../dialects/answer-facts.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import type { CallRequest } from "../../gateway/request/read-call.ts";
import type { AnswerQuality } from "../../monitoring/quality/answer-quality.ts";

export interface FinishedCall {
  readonly record: CallRecord;
  readonly facts: AnswerFacts;
  /** null where the answer called no tools: its bytes must not be kept for nothing. */
  readonly request: CallRequest | null;
  /** What a worker that has its words thinks of the answer; absent where it is judged here. */
  readonly judged?: JudgedAnswer | null;
}

export interface JudgedAnswer {
  readonly quality: AnswerQuality;
  readonly toolUseIds: readonly string[];
}

export type FinishedCallListener = (call: FinishedCall) => void;

const longestWaitMs = 20;
const mostCalls = 64;

export class FinishedCalls {
  readonly #listeners: readonly FinishedCallListener[];
  readonly #logger: Logger;
  readonly #onHandedOut: () => void;
  #waiting: FinishedCall[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `onHandedOut` comes after each time that all listeners have heard of what waited. */
  constructor(listeners: readonly FinishedCallListener[], logger: Logger, onHandedOut: () => void = () => undefined) {
    this.#listeners = listeners;
    this.#logger = logger;
    this.#onHandedOut = onHandedOut;
  }

  add(record: CallRecord, facts: AnswerFacts, request: CallRequest | null): void {
    const kept = facts.toolCalls.length === 0 ? null : request;
    this.#push({ record, facts, request: kept });
    if (kept === null) release(record, request);
  }

  /** Takes the call of a worker. */
  addJudged(record: CallRecord, judged: JudgedAnswer | null): void {
    this.#push({ record, facts: emptyFacts, request: null, judged });
  }

  #push(call: FinishedCall): void {
    this.#waiting.push(call);
    if (this.#waiting.length >= mostCalls) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), longestWaitMs).unref();
  }

  /** Hands out what waits, now: whoever is about to read must not miss the last calls. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const calls = this.#waiting;
    if (calls.length === 0) return;
    this.#waiting = [];
    for (const listener of this.#listeners) for (const call of calls) this.#tell(listener, call);
    this.#onHandedOut();
    for (const { record, request } of calls) release(record, request);
  }

  /** A defect in one listener must not keep a call from the others. */
  #tell(listener: FinishedCallListener, call: FinishedCall): void {
    try {
      listener(call);
    } catch (error) {
      this.#logger.error({ call: call.record.id, error }, "a listener to finished calls failed");
    }
  }
}

/** Of a call that failed, a provider may still be reading: its bytes are left to the collector. */
function release({ outcome }: CallRecord, request: CallRequest | null): void {
  if (outcome === "success") request?.release();
}
