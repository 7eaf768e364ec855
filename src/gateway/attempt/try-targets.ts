/**
 * Tries the targets of a plan, one after the other, until one of them answers.
 *
 * The only loop of the call's path. It ends with an answer that has begun, or with one error; as long as it runs,
 * nothing of an answer has reached the client. Where breakers keep a call from all that it could ask, it goes through them
 * once more, as their early probe.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import type { PlannedTarget, Target } from "../../core/target.ts";
import { isSameTarget } from "../../core/target.ts";
import type { Provider } from "../../providers/provider.ts";
import { admitAttempt, admitCost, reportAttempt } from "./admit-attempt.ts";
import type { FailedAttempt, ServedAnswer, TargetsOutcome } from "./attempt-outcome.ts";
import { attemptTarget } from "./attempt-target.ts";
import { combineFailures, isForBudget } from "./combine-failures.ts";
import { createGoneError, createLateError } from "../answer/early-ends.ts";
import { refusalOfFurtherModels } from "../plan/further-models.ts";
import type { Gateway } from "../gateway.ts";
import { setAbandon } from "../open-call.ts";
import type { OpenCall, PlannedCall } from "../open-call.ts";
import { mayBeSentTo } from "../plan/plan-call.ts";
import type { PreparedRequest } from "../prepare/prepare-request.ts";
import { prepareRequest } from "../prepare/prepare-request.ts";
import { noteUnasked } from "./note-unasked.ts";
import { nextStep } from "../../routing/retry-policy.ts";
import { withoutRefusedReasoning } from "./refused-reasoning.ts";
import { withoutRefusedThinking } from "./refused-thinking.ts";
import { endStep } from "../step-times.ts";

/** What came of the plan's targets, in their order. */
interface Round {
  /** Those of the plan, then larger ones for a prompt that did not fit. */
  readonly queue: PlannedTarget[];
  readonly failures: FailedAttempt[];
  /** No target could be asked in the round before. */
  readonly isLastResort: boolean;
  /** By the place in the queue: the requests that were made, or why a target cannot be asked. */
  readonly requests: (PreparedRequest | GatewayError | undefined)[];
}

/** Throws GatewayError `caller_gone` as soon as the client has left. */
export async function tryTargets(gateway: Gateway, call: PlannedCall): Promise<TargetsOutcome> {
  const { passedOver, plan } = call;
  // The queue of the last resort begins with the same targets: it grows behind an attempt only.
  const requests: Round["requests"] = call.prepared === null ? [] : [call.prepared];
  let failures: FailedAttempt[] = [];
  for (const isLastResort of [false, true]) {
    if (isLastResort && !isKeptFromAll(call, failures)) break;
    call.passedOver = passedOver;
    failures = [];
    const queue: PlannedTarget[] = [...plan.targets];
    for (let index = 0; index < queue.length; index++) {
      const outcome = await tryTarget(gateway, call, { queue, failures, isLastResort, requests }, index);
      if (outcome !== "next-target" && outcome !== "give-up") return { kind: "served", served: outcome };
      if (failures.at(-1)?.code === "caller_context_overflow") queue.push(...largerTargets(gateway, call, queue));
      else if (outcome === "give-up") break;
    }
  }
  const failed = combineFailures(failures);
  // A budget is the caller's own: those whose calls wait for the same answer may go on without it.
  if (failures.some(isForBudget)) throw failed.error;
  return { kind: "failed", ...failed };
}

/** Whether nothing was asked, and an early probe of a breaker might help. A count of tokens has the router's own. */
function isKeptFromAll({ attempts, endpoint }: PlannedCall, failures: readonly FailedAttempt[]): boolean {
  if (attempts.length > 0 || endpoint === "count-tokens") return false;
  return failures.some(({ code }) => code === "provider_circuit_open");
}

/** Tries the target at `index` of the round's queue. */
async function tryTarget(
  gateway: Gateway,
  call: PlannedCall,
  round: Round,
  index: number,
): Promise<ServedAnswer | "next-target" | "give-up"> {
  const { queue, failures, isLastResort } = round;
  const target = queue[index]!;
  const provider = gateway.providers.get(target.provider)!;
  call.deadlineAt = call.startedAt + provider.timeouts.totalMs;
  if (failures.length > 0 && gateway.clock.monotonicMs() >= call.deadlineAt) return "next-target";
  const request = requestFor(gateway, call, round, index);
  if (request instanceof GatewayError) {
    // That it cannot be asked this is no failure beside those of targets that can, which may be well again. Even a mistake of
    // the client's that a translation finds was none for the target before, which prepare-first.ts has chosen.
    noteUnasked(call, target, request);
    return "next-target";
  }
  call.prepared = request;
  const refused = target === call.plan.targets[0] ? null : await admitCost(gateway, call, target);
  if (refused !== null) {
    passOver(call, failures, refused);
    return "next-target";
  }
  const usedCredentials: string[] = [];
  let prepared = request;
  for (;;) {
    const admission = admitAttempt(gateway, call, target, usedCredentials, isLastResort);
    if ("code" in admission) {
      passOver(call, failures, admission);
      return "next-target";
    }
    usedCredentials.push(admission.credential.name);
    const outcome = await attemptTarget(gateway, call, prepared, admission.credential);
    const isFailed = "code" in outcome;
    reportAttempt(gateway, call, admission, isFailed ? outcome : null);
    if (!isFailed) return outcome;
    failures.push(outcome);
    const hasOtherTarget = (): boolean =>
      queue.some((_, other) => other > index && !(requestFor(gateway, call, round, other) instanceof GatewayError));
    const next = await afterFailure(gateway, call, prepared, outcome, usedCredentials, hasOtherTarget);
    if (next === "next-target" || next === "give-up") return next;
    prepared = next;
    call.prepared = next;
  }
}

/**
 * Where a failed attempt leads to: a request to ask the target with again, once its time has come, or away from it. Throws
 * GatewayError where nothing more is tried.
 */
async function afterFailure(
  gateway: Gateway,
  call: PlannedCall,
  prepared: PreparedRequest,
  failed: FailedAttempt,
  usedCredentials: readonly string[],
  hasOtherTarget: () => boolean,
): Promise<PreparedRequest | "next-target" | "give-up"> {
  if (call.cutBy !== null) throw call.cutBy;
  if (call.audience.isGone) throw createGoneError();
  const mended: PreparedRequest | null =
    withoutRefusedThinking(prepared, failed, gateway.thinkingSigners) ?? withoutRefusedReasoning(prepared, failed);
  if (mended !== null) return mended;
  const { provider, target } = prepared;
  const nowMs = gateway.clock.nowMs();
  const hasOtherCredential = provider.credentials.hasFree(nowMs, usedCredentials, target.model);
  const restMs = restOf(provider, target.model, nowMs);
  const leftMs = call.deadlineAt - gateway.clock.monotonicMs();
  const attemptsHere = usedCredentials.length;
  const step = nextStep(
    failed,
    { attemptsHere, hasOtherCredential, hasOtherTarget, restMs, leftMs },
    gateway.retries,
    gateway.random(),
  );
  if (step.kind !== "retry") return step.kind;
  await delay(call, step.delayMs, gateway);
  endStep(gateway, call, "wait");
  return prepared;
}

/** The request for a target, made once; or why there is none. */
function requestFor(
  gateway: Gateway,
  call: PlannedCall,
  { queue, requests }: Round,
  index: number,
): PreparedRequest | GatewayError {
  const known = requests[index];
  if (known !== undefined) return known;
  const target = queue[index]!;
  let made: PreparedRequest | GatewayError;
  try {
    made = prepareRequest(gateway, call, gateway.providers.get(target.provider)!, target);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    made = error;
  }
  requests[index] = made;
  endStep(gateway, call, "prepare");
  return made;
}

function passOver(call: OpenCall, failures: FailedAttempt[], refusal: FailedAttempt): void {
  failures.push(refusal);
  noteUnasked(call, refusal.target, refusal.error);
}

/** How long all keys of `provider` rest for a model; 0 where one may be used now. */
function restOf({ credentials }: Provider, model: string, nowMs: number): number {
  return Math.min(...credentials.states(nowMs, model).map(({ coolingUntilMs }) => (coolingUntilMs ?? nowMs) - nowMs));
}

/** The targets for prompts that are too long, without those that the plan holds already. */
function largerTargets(gateway: Gateway, call: PlannedCall, queue: readonly Target[]): PlannedTarget[] {
  const targets = gateway.routes.directory.parseTargets(gateway.contextOverflow, call.request.askedModel) ?? [];
  return targets
    .filter((target) => !queue.some((other) => isSameTarget(other, target)))
    .filter((target) => mayBeSentTo(gateway, call.caller, target))
    .filter((target) => refusalOfFurtherModels(gateway, call.features, target) === null)
    .map((target) => ({ ...target, reason: "routing.contextOverflow: the prompt did not fit the target before" }));
}

/** Waits, but not for a client that leaves. */
function delay(call: OpenCall, delayMs: number, gateway: Gateway): Promise<void> {
  if (delayMs <= 0) return Promise.resolve();
  const dueAt = gateway.clock.monotonicMs() + delayMs;
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
    setAbandon(call, () => end(() => reject(call.cutBy ?? createLateError())));
    call.audience.onGone(() => end(() => reject(createGoneError())));
  });
}
