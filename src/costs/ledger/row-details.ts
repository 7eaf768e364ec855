/**
 * What of a record has no column of its own, as one JSON text.
 *
 * A router writes thousands of these a second, and most are alike. So what is as usual is left out, an attempt at a target
 * of the plan names its place there, and the texts of plans and prices, which calls share, are made once. Rows of
 * earlier versions have everything written out; both are read.
 */
import { RecentResults } from "../../core/collections/recent-results.ts";
import { noLimits } from "../../core/caller.ts";
import type { Caller, CallerLimits } from "../../core/caller.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { parseJson, toJsonObject } from "../../core/json/json.ts";
import { sessionKeyOf } from "../../core/record.ts";
import type { AppliedPrices, AttemptRecord, CallRecord, ClientFacts, PassedOver } from "../../core/record.ts";
import { millisecondsText } from "../../core/time/milliseconds-text.ts";
import type { Plan, PlannedTarget, Target } from "../../core/target.ts";
import type { FurtherModelUsage, Usage } from "../../core/usage.ts";

/** What the details say, with the usual in place of what was left out. */
export interface RowDetails {
  readonly allowedModels: readonly string[] | null;
  readonly limits: CallerLimits;
  readonly client: Omit<ClientFacts, "sessionId">;
  readonly plan: Plan | null;
  readonly attempts: readonly AttemptRecord[];
  readonly passedOver?: readonly PassedOver[] | undefined;
  /** The columns name the target that was tried last. Absent where it served the call, or where none was tried. */
  readonly isUnserved?: true | undefined;
  readonly prices: AppliedPrices | null;
  readonly serviceTier?: string | undefined;
  readonly usage: UsageDetails;
  readonly errorMessage: string | null;
  readonly stopReason: string | null;
  readonly notes: readonly string[];
}

/** Parts of a usage without columns. `furtherModels`: what of the columns further models used. */
type UsageDetails = Pick<Usage, "inputAudio" | "outputAudio" | "furtherModels" | "longestPrompt">;

/** As written. Null and absent mean the same. */
interface WrittenDetails {
  readonly plan?: Plan | null | undefined;
  readonly prices?: AppliedPrices | null | undefined;
  readonly allowedModels?: readonly string[] | null | undefined;
  readonly limits?: CallerLimits | undefined;
  readonly client?: { readonly [Fact in keyof Omit<ClientFacts, "sessionId">]?: string | null | undefined } | undefined;
  readonly attempts: readonly WrittenAttempt[];
  readonly passedOver?: readonly PassedOver[] | undefined;
  readonly isUnserved?: true | undefined;
  readonly serviceTier?: string | undefined;
  readonly inputAudio?: number | undefined;
  readonly outputAudio?: number | undefined;
  readonly furtherModels?: readonly FurtherModelUsage[] | undefined;
  readonly longestPrompt?: number | undefined;
  readonly errorMessage?: string | null | undefined;
  readonly stopReason?: string | null | undefined;
  readonly notes?: readonly string[] | undefined;
}

interface WrittenAttempt {
  /** A number: the place in the plan of just this target. */
  readonly target: number | Target;
  readonly credential: string;
  readonly startedAfterMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  readonly errorCode?: ErrorCode | null | undefined;
  readonly message?: string | null | undefined;
  readonly isUnsent?: true | undefined;
}

/** All but the attempts. */
const commonTexts = new RecentResults<CallRecord, string>({
  keyOf: sessionKeyOf,
  isSame: haveSameCommon,
  make: commonOf,
});

/** The details of a record as JSON. */
export function detailsFromRecord(record: CallRecord): string {
  const common = isOrdinary(record) ? commonTexts.of(record) : commonOf(record);
  return `{"attempts":[${attemptsOf(record)}]${common}`;
}

/** Throws SyntaxError where `text` is no JSON. */
export function detailsFromText(text: string): RowDetails {
  const written = toJsonObject(parseJson(text)) as unknown as WrittenDetails;
  const { inputAudio, outputAudio, furtherModels, longestPrompt } = written;
  const plan = written.plan ?? null;
  return {
    allowedModels: written.allowedModels ?? null,
    limits: written.limits ?? noLimits,
    client: {
      agentId: written.client?.agentId ?? null,
      parentAgentId: written.client?.parentAgentId ?? null,
      app: written.client?.app ?? null,
    },
    plan,
    attempts: written.attempts.map((attempt) => attemptFrom(attempt, plan)),
    passedOver: written.passedOver,
    isUnserved: written.isUnserved,
    prices: written.prices ?? null,
    serviceTier: written.serviceTier,
    usage: {
      ...(inputAudio === undefined ? {} : { inputAudio }),
      ...(outputAudio === undefined ? {} : { outputAudio }),
      ...(furtherModels === undefined ? {} : { furtherModels }),
      ...(longestPrompt === undefined ? {} : { longestPrompt }),
    },
    errorMessage: written.errorMessage ?? null,
    stopReason: written.stopReason ?? null,
    notes: written.notes ?? [],
  };
}

/** Whether nothing stands in a record's details that belongs to this one call. */
function isOrdinary({ target, errorMessage, notes, passedOver, usage }: CallRecord): boolean {
  const hasPlainUsage =
    usage?.inputAudio === undefined &&
    usage?.outputAudio === undefined &&
    usage?.furtherModels === undefined &&
    usage?.longestPrompt === undefined;
  return target !== null && errorMessage === null && notes.length === 0 && passedOver === undefined && hasPlainUsage;
}

/** Of two ordinary records. */
function haveSameCommon(one: CallRecord, other: CallRecord): boolean {
  return (
    (one.caller === other.caller || (isUnbound(one.caller) && isUnbound(other.caller))) &&
    areSamePrices(one.cost?.prices, other.cost?.prices) &&
    one.stopReason === other.stopReason &&
    one.serviceTier === other.serviceTier &&
    one.client.app === other.client.app &&
    one.client.agentId === other.client.agentId &&
    one.client.parentAgentId === other.client.parentAgentId &&
    isSamePlan(one.plan, other.plan)
  );
}

/** Whether nothing of a caller stands in the details. */
function isUnbound({ allowedModels, limits }: Caller): boolean {
  return allowedModels === null && isUnlimited(limits);
}

/** Records of workers have prices of their own. */
function areSamePrices(one: AppliedPrices | undefined, other: AppliedPrices | undefined): boolean {
  if (one === undefined || other === undefined || one === other) return one === other;
  const names = Object.keys(one) as (keyof AppliedPrices)[];
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function isSamePlan(one: Plan | null, other: Plan | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.rule === other.rule &&
    one.reason === other.reason &&
    one.unrouted === other.unrouted &&
    one.targets.length === other.targets.length &&
    one.targets.every((target, index) => isSamePlanned(target, other.targets[index]!))
  );
}

function isSamePlanned(one: PlannedTarget, other: PlannedTarget): boolean {
  return one.provider === other.provider && one.model === other.model && one.reason === other.reason;
}

/** All but the attempts, with the comma before it and the end. `JSON.stringify` leaves out what is undefined. */
function commonOf(record: CallRecord): string {
  const { caller, client, cost, plan, usage, notes } = record;
  const written: Omit<WrittenDetails, "attempts"> = {
    plan: plan ?? undefined,
    prices: cost?.prices,
    stopReason: record.stopReason ?? undefined,
    client: clientFrom(client),
    allowedModels: caller.allowedModels ?? undefined,
    limits: isUnlimited(caller.limits) ? undefined : caller.limits,
    passedOver: record.passedOver,
    isUnserved: record.target === null && record.attempts.length > 0 ? true : undefined,
    serviceTier: record.serviceTier,
    inputAudio: usage?.inputAudio,
    outputAudio: usage?.outputAudio,
    furtherModels: usage?.furtherModels,
    longestPrompt: usage?.longestPrompt,
    errorMessage: record.errorMessage ?? undefined,
    notes: notes.length === 0 ? undefined : notes,
  };
  const text = JSON.stringify(written);
  return text === "{}" ? "}" : `,${text.slice(1)}`;
}

function attemptsOf({ attempts, plan }: CallRecord): string {
  let text = "";
  for (const attempt of attempts) text += `${text === "" ? "" : ","}${attemptText(attempt, plan)}`;
  return text;
}

/** Most are without a word of their own: a template takes half of the time of `JSON.stringify`. */
function attemptText(attempt: AttemptRecord, plan: Plan | null): string {
  const { target, credential, startedAfterMs, durationMs, status, errorCode, message, isUnsent } = attempt;
  const place = plan === null ? -1 : plan.targets.indexOf(target as PlannedTarget);
  const begin = `{"target":${place < 0 ? JSON.stringify(target) : place},"credential":${JSON.stringify(credential)}`;
  const times = `"startedAfterMs":${millisecondsText(startedAfterMs)},"durationMs":${millisecondsText(durationMs)},"status":${status}`;
  if (errorCode === null && message === null && isUnsent === undefined) return `${begin},${times}}`;
  const failure = { errorCode: errorCode ?? undefined, message: message ?? undefined, isUnsent };
  return `${begin},${times},${JSON.stringify(failure).slice(1)}`;
}

function attemptFrom(written: WrittenAttempt, plan: Plan | null): AttemptRecord {
  const { target, isUnsent, ...attempt } = written;
  return {
    target: typeof target === "number" ? plan!.targets[target]! : target,
    ...attempt,
    errorCode: attempt.errorCode ?? null,
    message: attempt.message ?? null,
    ...(isUnsent === undefined ? {} : { isUnsent }),
  };
}

function clientFrom({ agentId, parentAgentId, app }: ClientFacts): WrittenDetails["client"] {
  if (agentId === null && parentAgentId === null && app === null) return undefined;
  return { agentId: agentId ?? undefined, parentAgentId: parentAgentId ?? undefined, app: app ?? undefined };
}

function isUnlimited({ requestsPerMinute, tokensPerMinute, concurrentCalls }: CallerLimits): boolean {
  return requestsPerMinute === null && tokensPerMinute === null && concurrentCalls === null;
}
