/**
 * The record: the one account of a finished call. Metrics, log line, ledger row, trace and dashboard row all
 * derive from it, so they cannot disagree.
 */
import { isNamedAlike } from "./caller.ts";
import type { Caller } from "./caller.ts";
import type { Dialect } from "./dialect.ts";
import type { ErrorCode } from "./errors/errors.ts";
import type { NanoUsd, PicoUsd } from "./money.ts";
import { isSameTarget } from "./target.ts";
import type { Plan, Target } from "./target.ts";
import type { Usage } from "./usage.ts";

export type Endpoint = "messages" | "chat-completions" | "count-tokens";

/** How a call ended, seen from the client. `cut`: the provider broke off after the answer had begun. */
export type Outcome = "success" | "error" | "aborted" | "cut";

/** `bypass`: the cache was not asked; `joined`: served by an identical call in flight. */
export type CacheStatus = "hit" | "miss" | "joined" | "bypass";

/** Whether no provider worked for this call: its answer was kept, or another call's. It cost nothing then. */
export function isServedByCache({ cacheStatus }: { readonly cacheStatus: CacheStatus }): boolean {
  return cacheStatus === "hit" || cacheStatus === "joined";
}

/** One try at one target. */
export interface AttemptRecord {
  readonly target: Target;
  /** Public name of the provider's key that was used: never the key. */
  readonly credential: string;
  /** After the call's start. */
  readonly startedAfterMs: number;
  readonly durationMs: number;
  /** HTTP status of the provider, null if none came. */
  readonly status: number | null;
  /** null for the attempt that served the call, also where its answer did not come to its end (`endOfAttempt`). */
  readonly errorCode: ErrorCode | null;
  readonly message: string | null;
  /** The client left before the request went out on a connection. */
  readonly isUnsent?: true;
}

/** A target whose turn it was and that was not asked: its breaker was open, its keys rested, or a budget had no room. */
export interface PassedOver {
  readonly target: Target;
  readonly errorCode: ErrorCode;
  readonly message: string;
  /** How many attempts the call had made before. */
  readonly afterAttempts: number;
}

/** Prices applied to a usage, pico-dollars a token; `source` says where they come from. */
export interface AppliedPrices {
  readonly uncachedInput: PicoUsd;
  readonly cacheRead: PicoUsd;
  readonly cacheWrite5m: PicoUsd;
  readonly cacheWrite1h: PicoUsd;
  readonly output: PicoUsd;
  /** For the reasoning part of the output, where it is priced apart; absent: as `output`. */
  readonly reasoning?: PicoUsd;
  /** For audio among the uncached input and the output, where it is priced apart; absent: as text. */
  readonly inputAudio?: PicoUsd;
  readonly outputAudio?: PicoUsd;
  /** Nano-dollars for one request to a server tool. */
  readonly serverToolRequest: NanoUsd;
  /** `local`: served by the operator's own machine, stated to cost nothing. */
  readonly source: "catalog" | "configuration" | "fallback" | "local";
  /** The entry of the price catalog that was found, as `anthropic/claude-sonnet-5`. */
  readonly listedAs?: string;
  /** The tier of service that they were stated for. */
  readonly serviceTier?: string;
  /** The tier: these prices hold for prompts of more tokens than this. */
  readonly aboveContextTokens?: number;
  /** Of the usage's further models; one that is missing costs as the call's own. */
  readonly furtherModels?: readonly FurtherModelPrices[];
}

export interface FurtherModelPrices {
  readonly model: string;
  readonly prices: AppliedPrices;
}

/** What a call cost, and by which prices. */
export interface CallCost {
  readonly nanoUsd: NanoUsd;
  readonly prices: AppliedPrices;
}

/** What a call did not cost, each against a stated counterfactual (docs/money.md). May be negative: a cache write not yet repaid. */
export interface CallSavings {
  /** By the router's answer cache: what the provider would have charged for the same answer. */
  readonly answerCache: NanoUsd;
  /** By the provider's prompt cache: the same tokens as uncached input. */
  readonly promptCache: NanoUsd;
  /** By routing: the same usage at the target that would have been taken without it. */
  readonly routing: NanoUsd;
}

/** Facts about the client that it says of itself: never used as labels. */
export interface ClientFacts {
  readonly sessionId: string | null;
  readonly agentId: string | null;
  readonly parentAgentId: string | null;
  readonly app: string | null;
}

/** The client's place in a distributed trace, as its `traceparent` header says. */
export interface TraceParent {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits: the client's span, parent of the call's. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** Steps of a call. `wait`: between two attempts at one target; attempts themselves are in the call's own list. */
export const stepNames = [
  "authenticate", "receive", "read", "plan", "prepare", "find-answer", "hold", "wait", "stream",
] as const; // prettier-ignore

export type StepName = (typeof stepNames)[number];

/** One step of a call: two time stamps, from which its span is made after the call. */
export interface StepRecord {
  readonly name: StepName;
  /** After the call's start. */
  readonly startedAfterMs: number;
  readonly durationMs: number;
  /** By how much the heap grew meanwhile; absent where it was not read. */
  readonly heapBytes?: number;
}

export interface CallRecord {
  readonly id: string;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** From the start until the first byte of the answer went to the client; null if none did. */
  readonly firstByteMs: number | null;
  /** Time spent waiting for providers; what `routerMs` answers is the router's own. */
  readonly providerMs: number;
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly caller: Caller;
  readonly client: ClientFacts;
  readonly askedModel: string;
  readonly plan: Plan | null;
  readonly attempts: readonly AttemptRecord[];
  /** In order; absent where every target whose turn came was asked. */
  readonly passedOver?: readonly PassedOver[] | undefined;
  /** The target that served the call; null if none did. */
  readonly target: Target | null;
  /** The model as the provider's answer names it. */
  readonly answeredModel: string | null;
  readonly isStreaming: boolean;
  /** HTTP status sent to the client; 499 if it left before one was sent. */
  readonly status: number;
  readonly outcome: Outcome;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  /** Why the model stopped, in the words of the provider's dialect. */
  readonly stopReason: string | null;
  readonly usage: Usage | null;
  /** The provider's tier of service that answered; absent for its usual one. */
  readonly serviceTier?: string | undefined;
  /** True where the counts are the router's estimate: the provider sent none. */
  readonly isUsageEstimated: boolean;
  readonly cost: CallCost | null;
  /** Absent where nothing was saved. */
  readonly savings?: CallSavings;
  readonly cacheStatus: CacheStatus;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** What translation left out or changed, one line each. */
  readonly notes: readonly string[];
  /** The client's trace, where it sent one; else the trace begins with the call. */
  readonly traceParent?: TraceParent | undefined;
  /** The call's own steps in order, where they were timed. */
  readonly steps?: readonly StepRecord[] | undefined;
}

/** The target that a call counts for: the one that served it, else the last that was tried; null where none was. */
export function decisiveTarget({ target, attempts }: Pick<CallRecord, "target" | "attempts">): Target | null {
  return target ?? attempts.at(-1)?.target ?? null;
}

/** What calls of one session have in common; the key where a client names no session. */
export function sessionKeyOf({ client, caller }: CallRecord): string {
  return client.sessionId ?? caller.keyId;
}

/** Whether two calls were between the same: who called, from which session, for what, who answered, by which rule. */
export function haveSameParties(one: CallRecord, other: CallRecord): boolean {
  return (
    isNamedAlike(one.caller, other.caller) &&
    one.client.sessionId === other.client.sessionId &&
    one.endpoint === other.endpoint &&
    one.dialect === other.dialect &&
    one.askedModel === other.askedModel &&
    one.answeredModel === other.answeredModel &&
    one.plan?.rule === other.plan?.rule &&
    isSameOrNone(one.target, other.target) &&
    isSameOrNone(decisiveTarget(one), decisiveTarget(other))
  );
}

function isSameOrNone(one: Target | null, other: Target | null): boolean {
  return one === null || other === null ? one === other : isSameTarget(one, other);
}

/** How an attempt ended: the one that served a call ends early where its answer breaks off or its client leaves. */
export interface AttemptEnd {
  readonly errorCode: ErrorCode | null;
  readonly message: string | null;
  /** After the call's start. */
  readonly endedAfterMs: number;
}

/** The end of `attempt`, one of `record`: of the last, that of the call where the answer broke off or its client left. */
export function endOfAttempt(record: CallRecord, attempt: AttemptRecord): AttemptEnd {
  const hasEndedEarly = record.outcome === "cut" || record.outcome === "aborted";
  if (hasEndedEarly && attempt.errorCode === null && attempt === record.attempts.at(-1)) {
    const { errorCode, errorMessage: message, durationMs: endedAfterMs } = record;
    return { errorCode, message, endedAfterMs };
  }
  const { errorCode, message } = attempt;
  return { errorCode, message, endedAfterMs: attempt.startedAfterMs + attempt.durationMs };
}

/** Time spent in the router itself: neither waiting for providers nor for the client's body, which may never come whole. */
export function routerMs({
  durationMs,
  providerMs,
  steps = [],
}: Pick<CallRecord, "durationMs" | "providerMs" | "steps">): number {
  const own = Math.max(0, durationMs - providerMs);
  const last = steps.at(-1);
  // A body that did not come whole: what waited for it was not brought to an end.
  if (last?.name === "authenticate") return Math.min(own, last.durationMs);
  return Math.max(0, own - receivingMs(steps));
}

/** How long a client took to send its body, where it came whole. */
export function receivingMs(steps: readonly StepRecord[]): number {
  return steps.find(({ name }) => name === "receive")?.durationMs ?? 0;
}
