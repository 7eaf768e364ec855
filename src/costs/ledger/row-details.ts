/**
 * What of a record has no column of its own, as one JSON text.
 *
 * A router writes thousands of these a second, and most are alike. So what is as usual is left out, an attempt at a target
 * of the plan names its place there, and the texts of plans and prices, which calls share, are made once. Rows of
 * earlier versions have everything written out; both are read.
 */
import { RecentTexts } from "../../core/collections/recent-texts.ts";
import { noLimits } from "../../core/caller.ts";
import type { CallerLimits } from "../../core/caller.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { parseJson, toJsonObject } from "../../core/json/json.ts";
import type { AppliedPrices, AttemptRecord, CallRecord, ClientFacts, PassedOver } from "../../core/record.ts";
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

/** As written, but for `plan` and `prices`. Null and absent mean the same. */
interface WrittenDetails {
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

const planTexts = new RecentTexts<Plan>(
  (plan) => JSON.stringify(plan),
  (one, other) =>
    one.rule === other.rule &&
    one.reason === other.reason &&
    one.unrouted === undefined &&
    other.unrouted === undefined &&
    one.targets.length === other.targets.length &&
    one.targets.every((target, index) => isSamePlanned(target, other.targets[index]!)),
);

const priceTexts = new RecentTexts<AppliedPrices>(
  (prices) => JSON.stringify(prices),
  (one, other) => one === other,
);

/** The details of a record as JSON. */
export function detailsFromRecord(record: CallRecord): string {
  const { plan, cost } = record;
  const planText = plan === null ? "" : `"plan":${planTexts.textOf(plan)},`;
  const pricesText = cost === null ? "" : `"prices":${priceTexts.textOf(cost.prices)},`;
  return `{${planText}${pricesText}${JSON.stringify(toWritten(record)).slice(1)}`;
}

/** Throws SyntaxError where `text` is no JSON. */
export function detailsFromText(text: string): RowDetails {
  const written = toJsonObject(parseJson(text)) as unknown as WrittenDetails &
    Partial<Pick<RowDetails, "plan" | "prices">>;
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

/** `JSON.stringify` leaves out what is undefined. */
function toWritten(record: CallRecord): WrittenDetails {
  const { caller, client, plan, attempts, usage, notes } = record;
  return {
    attempts: attempts.map((attempt) => toWrittenAttempt(attempt, plan)),
    stopReason: record.stopReason ?? undefined,
    client: clientFrom(client),
    allowedModels: caller.allowedModels ?? undefined,
    limits: isUnlimited(caller.limits) ? undefined : caller.limits,
    passedOver: record.passedOver,
    isUnserved: record.target === null && attempts.length > 0 ? true : undefined,
    serviceTier: record.serviceTier,
    inputAudio: usage?.inputAudio,
    outputAudio: usage?.outputAudio,
    furtherModels: usage?.furtherModels,
    longestPrompt: usage?.longestPrompt,
    errorMessage: record.errorMessage ?? undefined,
    notes: notes.length === 0 ? undefined : notes,
  };
}

function toWrittenAttempt(attempt: AttemptRecord, plan: Plan | null): WrittenAttempt {
  const { target, credential, startedAfterMs, durationMs, status, errorCode, message, isUnsent } = attempt;
  const place = plan === null ? -1 : plan.targets.indexOf(target as PlannedTarget);
  return {
    target: place < 0 ? target : place,
    credential,
    startedAfterMs,
    durationMs,
    status,
    errorCode: errorCode ?? undefined,
    message: message ?? undefined,
    isUnsent,
  };
}

function attemptFrom(written: WrittenAttempt, plan: Plan | null): AttemptRecord {
  const { target, isUnsent, ...attempt } = written;
  return {
    ...attempt,
    target: typeof target === "number" ? plan!.targets[target]! : target,
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

function isSamePlanned(one: PlannedTarget, other: PlannedTarget): boolean {
  return one.provider === other.provider && one.model === other.model && one.reason === other.reason;
}
