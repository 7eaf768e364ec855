/**
 * Whether a target may be asked now, and with which key; and what breakers and keys learn of how it went.
 *
 * Answers and token counts have breakers of their own: many a server of Anthropic's dialect answers and cannot count.
 */
import { GatewayError, toRetryAfterSeconds } from "../../core/errors/errors.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import type { Target } from "../../core/target.ts";
import { formatTarget } from "../../core/target.ts";
import { toBreakerOutcome } from "../../providers/breaker.ts";
import type { BreakerOutcome } from "../../providers/breaker.ts";
import type { Credential, Provider } from "../../providers/provider.ts";
import type { Gateway } from "../gateway.ts";
import { holdMore } from "../limits/hold-budget.ts";
import type { OpenCall, ReadCall } from "../open-call.ts";
import { toRestingError } from "../answer/own-credentials.ts";
import type { FailedAttempt } from "./attempt-outcome.ts";

export interface AdmittedAttempt {
  readonly provider: Provider;
  readonly target: Target;
  readonly credential: Credential;
  /** The breaker's, for the report. */
  readonly ticket: number;
}

/**
 * `usedCredentials`: names of keys that this call has tried at the target; one of them only where no other is free.
 * `isLastResort`: no target of the call could be asked.
 */
export function admitAttempt(
  gateway: Gateway,
  { endpoint }: OpenCall,
  target: Target,
  usedCredentials: readonly string[],
  isLastResort: boolean,
): AdmittedAttempt | FailedAttempt {
  const provider = gateway.providers.get(target.provider)!;
  const nowMs = gateway.clock.nowMs();
  const { credentials } = provider;
  const { model } = target;
  const breakers = endpoint === "count-tokens" ? gateway.countBreakers : gateway.breakers;
  // Keys before the breaker: its probe must not be taken for nothing. And no key's turn for a call that it keeps away.
  const verdict = credentials.hasFree(nowMs, [], model) ? breakers.ask(target, nowMs, isLastResort) : null;
  if (verdict?.kind === "refused") {
    const message = `${formatTarget(target)}: its circuit breaker is open (${verdict.reason})`;
    const waitMs = verdict.untilMs - nowMs;
    const retryAfterSeconds = toRetryAfterSeconds(waitMs);
    return refusal(new GatewayError("provider_circuit_open", message, { retryAfterSeconds }), target, waitMs);
  }
  const unused = credentials.take(nowMs, usedCredentials, model);
  const taken = unused.kind === "taken" ? unused : credentials.take(nowMs, [], model);
  if (taken.kind === "taken") return { provider, target, credential: taken.credential, ticket: verdict!.ticket };
  return refusal(toRestingError(provider, model, taken.untilMs, nowMs), target, taken.untilMs - nowMs);
}

/**
 * Before a target behind the first is asked, which may cost more than is held: null, or why the caller's budget refuses it.
 * The targets behind it may cost less.
 */
export async function admitCost(gateway: Gateway, call: ReadCall, target: Target): Promise<FailedAttempt | null> {
  try {
    await holdMore(gateway, call, target);
    return null;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return refusal(error, target, null);
  }
}

function refusal(error: GatewayError, target: Target, waitMs: number | null): FailedAttempt {
  return {
    code: error.code,
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

/** `failure`: null for an answer that has begun. */
export function reportAttempt(
  gateway: Gateway,
  call: OpenCall,
  { provider, target, credential, ticket }: AdmittedAttempt,
  failure: FailedAttempt | null,
): void {
  const nowMs = gateway.clock.nowMs();
  if (call.endpoint === "count-tokens") {
    // Whatever keeps a provider from counting, its limit for counts or a key that may not, is no word on its answers.
    const failed = failure?.code.startsWith("caller_") === true ? "neutral" : "failed";
    gateway.countBreakers.report(target, ticket, failure === null ? "ok" : failed, nowMs);
    return;
  }
  gateway.breakers.report(target, ticket, outcomeOf(gateway, call, failure?.code ?? null), nowMs);
  const status = failure === null ? 200 : (failure.providerStatus ?? keyStatuses[failure.code] ?? null);
  if (status === null) return;
  provider.credentials.report(credential.name, status, nowMs, failure?.retryAfterMs ?? null, target.model);
}

/** Tells the breaker of an answer that began well and then failed: its first report was a good one. */
export function reportBrokenAnswer(gateway: Gateway, call: OpenCall, target: Target, error: GatewayError): void {
  if (outcomeOf(gateway, call, error.code) !== "failed") return;
  const nowMs = gateway.clock.nowMs();
  const verdict = gateway.breakers.ask(target, nowMs);
  if (verdict.kind === "allowed") gateway.breakers.report(target, verdict.ticket, "broken", nowMs);
}

function outcomeOf(gateway: Gateway, call: OpenCall, code: ErrorCode | null): BreakerOutcome {
  const outcome = toBreakerOutcome(code);
  return outcome === "failed" && gateway.openCalls.hasStoodStill(call) ? "neutral" : outcome;
}
