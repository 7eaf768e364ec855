/**
 * Tries the targets of a plan, one after the other, until one of them answers.
 *
 * The only loop of the call's path. It ends with an answer that has begun, or with one error; as long as it runs,
 * nothing of an answer has reached the client.
 */
import { GatewayError } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { PlannedTarget, Target } from "../core/target.ts";
import { formatTarget } from "../core/target.ts";
import type { BreakerBoard } from "../providers/breaker-board.ts";
import { toBreakerOutcome } from "../providers/breaker.ts";
import type { Credential, Provider } from "../providers/provider.ts";
import type { UpstreamAnswer } from "../providers/upstream.ts";
import type { AnswerPump } from "./answer-pump.ts";
import { attemptTarget } from "./attempt-target.ts";
import { combineFailures } from "./combine-failures.ts";
import type { Gateway } from "./gateway.ts";
import { setAbandon } from "./open-calls.ts";
import type { OpenCall } from "./open-calls.ts";
import type { PreparedRequest } from "./prepare-request.ts";
import { prepareRequest } from "./prepare-request.ts";
import type { AttemptFailure } from "./retry-policy.ts";
import { toRestingError } from "./own-credentials.ts";
import { nextStep } from "./retry-policy.ts";
import { withoutRefusedReasoning } from "./refused-reasoning.ts";
import { withoutRefusedThinking } from "./refused-thinking.ts";
import type { OriginalError } from "./send-error.ts";
import { endStep } from "./step-times.ts";

export interface ServedAnswer {
  readonly prepared: PreparedRequest;
  readonly answer: UpstreamAnswer;
  readonly pump: AnswerPump;
}

export interface FailedAttempt extends AttemptFailure {
  readonly target: Target;
  readonly error: GatewayError;
  /** HTTP status of the provider; null if none came. */
  readonly providerStatus: number | null;
  /** Set where the client speaks the provider's dialect. */
  readonly original: OriginalError | null;
}

export type TargetsOutcome =
  | { readonly kind: "served"; readonly served: ServedAnswer }
  | { readonly kind: "failed"; readonly error: GatewayError; readonly original: OriginalError | null };

/** Throws GatewayError `caller_gone` as soon as the client has left. */
export async function tryTargets(gateway: Gateway, call: OpenCall): Promise<TargetsOutcome> {
  const queue: PlannedTarget[] = [...call.plan!.targets];
  const failures: FailedAttempt[] = [];
  for (let index = 0; index < queue.length; index++) {
    const target = queue[index]!;
    const outcome = await tryTarget(gateway, call, target, failures, index + 1 < queue.length);
    if (outcome !== "next-target" && outcome !== "give-up") return { kind: "served", served: outcome };
    if (failures.at(-1)?.code === "caller_context_overflow") queue.push(...largerTargets(gateway, call, queue));
    else if (outcome === "give-up") break;
  }
  return { kind: "failed", ...combineFailures(failures) };
}

async function tryTarget(
  gateway: Gateway,
  call: OpenCall,
  target: PlannedTarget,
  failures: FailedAttempt[],
  hasOtherTarget: boolean,
): Promise<ServedAnswer | "next-target" | "give-up"> {
  const provider = gateway.providers.get(target.provider)!;
  call.prepared =
    call.prepared?.target === target
      ? call.prepared
      : prepareRequest(gateway, call.exchange, call.features!, call.request!, provider, target);
  endStep(gateway, call, "prepare");
  call.deadlineAt = call.startedAt + provider.timeouts.totalMs;
  const usedCredentials: string[] = [];
  for (let attemptsHere = 1; ; attemptsHere++) {
    const admitted = admit(gateway, breakersOf(gateway, call), provider, target, usedCredentials);
    if (admitted.kind === "refused") {
      failures.push(admitted.failure);
      return "next-target";
    }
    const { credential } = admitted;
    usedCredentials.push(credential.name);
    const outcome = await attemptTarget(gateway, call, call.prepared, credential);
    report(gateway, call, target, admitted.ticket, provider, credential, outcome);
    if (!("code" in outcome)) return outcome;
    failures.push(outcome);
    if (call.cutBy !== null) throw call.cutBy;
    if (call.audience.isGone) throw new GatewayError("caller_gone", "the client left before its answer began");
    const mended: PreparedRequest | null =
      withoutRefusedThinking(call.prepared, outcome, gateway.thinkingSigners) ??
      withoutRefusedReasoning(call.prepared, outcome);
    if (mended !== null) {
      call.prepared = mended;
      continue;
    }
    const hasOtherCredential = provider.credentials.hasFree(gateway.clock.nowMs(), usedCredentials, target.model);
    const step = nextStep(
      outcome,
      {
        attemptsHere,
        hasOtherCredential,
        hasOtherTarget,
        restMs: restOf(provider, target.model, gateway.clock.nowMs()),
      },
      gateway.retries,
      gateway.random(),
    );
    if (step.kind !== "retry") return step.kind;
    await delay(call, step.delayMs, gateway);
    endStep(gateway, call, "wait");
  }
}

/** How long all keys of `provider` rest for a model; 0 where one may be used now. */
function restOf({ credentials }: Provider, model: string, nowMs: number): number {
  return Math.min(...credentials.states(nowMs, model).map(({ coolingUntilMs }) => (coolingUntilMs ?? nowMs) - nowMs));
}

type Admission =
  | { readonly kind: "admitted"; readonly credential: Credential; readonly ticket: number }
  | { readonly kind: "refused"; readonly failure: FailedAttempt };

/** Answers and counts fail apart: many a server of Anthropic's dialect gives answers and cannot count. */
function breakersOf(gateway: Gateway, { endpoint }: OpenCall): BreakerBoard {
  return endpoint === "count-tokens" ? gateway.countBreakers : gateway.breakers;
}

/** Asks the credential pool and the breaker, in this order: a breaker's probe must not be taken for nothing. */
function admit(
  gateway: Gateway,
  breakers: BreakerBoard,
  provider: Provider,
  target: Target,
  usedCredentials: readonly string[],
): Admission {
  const nowMs = gateway.clock.nowMs();
  const unused = provider.credentials.take(nowMs, usedCredentials, target.model);
  const taken = unused.kind === "taken" ? unused : provider.credentials.take(nowMs, [], target.model);
  if (taken.kind === "cooling") {
    const error = toRestingError(provider, target.model, taken.untilMs, nowMs);
    return { kind: "refused", failure: refusal(error, target, taken.untilMs - nowMs) };
  }
  const verdict = breakers.ask(target, nowMs);
  if (verdict.kind === "allowed") return { kind: "admitted", credential: taken.credential, ticket: verdict.ticket };
  const message = `${formatTarget(target)}: its circuit breaker is open (${verdict.reason})`;
  const waitMs = verdict.untilMs - nowMs;
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  const error = new GatewayError("provider_circuit_open", message, { retryAfterSeconds });
  return { kind: "refused", failure: refusal(error, target, waitMs) };
}

function refusal(error: GatewayError, target: Target, waitMs: number): FailedAttempt {
  const { code } = error;
  return {
    code,
    target,
    error,
    original: null,
    providerStatus: null,
    retryAfterMs: waitMs,
    isRetryableHere: false,
    mayOtherKeyHelp: false,
    mayFailOver: true,
  };
}

/** What an error means for the key where it came as an event of a stream, under 200. */
const keyStatuses: Partial<Record<ErrorCode, number>> = {
  provider_rate_limited: 429,
  provider_out_of_credit: 402,
  provider_rejected_credentials: 401,
};

function report(
  gateway: Gateway,
  call: OpenCall,
  target: Target,
  ticket: number,
  provider: Provider,
  credential: Credential,
  outcome: ServedAnswer | FailedAttempt,
): void {
  const nowMs = gateway.clock.nowMs();
  const failure = "code" in outcome ? outcome : null;
  if (call.endpoint === "count-tokens") {
    // Whatever keeps a provider from counting, its limit for counts or a key that may not, is no word on its answers.
    const failed = failure?.code.startsWith("caller_") === true ? "neutral" : "failed";
    gateway.countBreakers.report(target, ticket, failure === null ? "ok" : failed, nowMs);
    return;
  }
  gateway.breakers.report(target, ticket, toBreakerOutcome(failure?.code ?? null), nowMs);
  const status = failure === null ? 200 : (failure.providerStatus ?? keyStatuses[failure.code] ?? null);
  if (status === null) return;
  provider.credentials.report(credential.name, status, nowMs, failure?.retryAfterMs ?? null, target.model);
}

/** Tells the breaker of an answer that began well and then failed: its first report was a good one. */
export function reportBrokenAnswer(gateway: Gateway, target: Target, error: GatewayError): void {
  if (toBreakerOutcome(error.code) !== "failed") return;
  const nowMs = gateway.clock.nowMs();
  const verdict = gateway.breakers.ask(target, nowMs);
  if (verdict.kind === "allowed") gateway.breakers.report(target, verdict.ticket, "broken", nowMs);
}

/** The targets for prompts that are too long, without those that the plan holds already. */
function largerTargets(gateway: Gateway, call: OpenCall, queue: readonly Target[]): PlannedTarget[] {
  const targets = gateway.routes.directory.parseTargets(gateway.contextOverflow, call.request!.askedModel) ?? [];
  return targets
    .filter((target) => !queue.some((other) => formatTarget(other) === formatTarget(target)))
    .map((target) => ({ ...target, reason: "routing.contextOverflow: the prompt did not fit the target before" }));
}

/** Waits, but not for a client that leaves, and not beyond the call's deadline. */
function delay(call: OpenCall, delayMs: number, gateway: Gateway): Promise<void> {
  if (delayMs <= 0) return Promise.resolve();
  const dueAt = gateway.clock.monotonicMs() + delayMs;
  if (dueAt >= call.deadlineAt) {
    throw new GatewayError("provider_timeout", "no time is left for another attempt (timeouts.totalMs)");
  }
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      call.audience.onGone(null);
      call.abandon = null;
      settle();
    };
    // Timers may be early, and a key that rests a millisecond longer refuses the attempt.
    const onTimer = (): void => {
      const leftMs = dueAt - gateway.clock.monotonicMs();
      if (leftMs > 0) timer = setTimeout(onTimer, Math.ceil(leftMs));
      else end(resolve);
    };
    let timer = setTimeout(onTimer, delayMs);
    setAbandon(call, () => end(() => reject(call.cutBy!)));
    call.audience.onGone(() =>
      end(() => reject(new GatewayError("caller_gone", "the client left before its answer began"))),
    );
  });
}
