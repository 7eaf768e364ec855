/**
 * What providers' prompt caches hold of each conversation, learned from the records of its calls.
 *
 * A conversation is a session, the agent in it and the model it asks for: a subagent or a title call has a prompt of
 * its own and a cache of its own. Bounded twice: the conversation silent longest goes first, and so does the target in it.
 */
import { BoundedMap } from "../../core/collections/bounded-map.ts";
import { isServedByCache } from "../../core/record.ts";
import type { CallRecord } from "../../core/record.ts";
import { formatTarget } from "../../core/target.ts";
import type { Target } from "../../core/target.ts";
import { totalInput } from "../../core/usage.ts";
import type { Usage } from "../../core/usage.ts";
import { noPauses, withGap } from "./pauses.ts";
import type { Pauses } from "./pauses.ts";
import type { PromptCacheRules } from "./prompt-cache-rules.ts";
import { coldPrefix, prefixAfter, warmTokensAt } from "./warm-prefix.ts";
import type { WarmPrefix } from "./warm-prefix.ts";

export interface Conversation {
  readonly sessionId: string;
  readonly agentId: string | null;
  readonly askedModel: string;
}

/** What is known of a conversation after its last call. */
export interface ConversationState {
  /** Calls so far. */
  readonly turns: number;
  readonly lastAtMs: number;
  readonly lastTarget: Target;
  /** Of the last call: input tokens as its target counts them, and bytes of the client's request. */
  readonly lastInputTokens: number;
  readonly lastRequestBytes: number;
  /** Tokens by which the prompt grows from call to call, on average over `growths`. */
  readonly growthTokens: number;
  readonly growths: number;
  /** Output tokens a call, on average. */
  readonly outputTokens: number;
  readonly pauses: Pauses;
  /** By `provider/model`. */
  readonly prefixes: ReadonlyMap<string, WarmPrefix>;
}

export interface SessionCaches {
  /** Learns from a finished call. Calls without a session, an answer of a provider, or its counts say nothing. */
  observe(record: CallRecord): void;
  find(conversation: Conversation): ConversationState | null;
  /** Share of what should be warm that `target` really reads, from 0 to 1, over all conversations. */
  reuseOf(target: Target): number;
  size(): number;
}

export interface SessionCachesSettings {
  readonly maxConversations: number;
  readonly rulesOf: (target: Target) => PromptCacheRules;
}

const maxTargetsEach = 8;
const maxTargets = 1_000;
/** Assumed of a target until its records say otherwise, with the weight of so many calls. */
const reusePrior = { marked: 0.98, automatic: 0.95 } as const;
const reusePace = 0.02;
/** Shorter prompts are not cached by some models, marked or not. */
const markedMinimum = 4_096;

/** Empty. */
export function createSessionCaches(settings: SessionCachesSettings): SessionCaches {
  const { maxConversations, rulesOf } = settings;
  const conversations = new BoundedMap<ConversationState>(maxConversations);
  const reuse = new BoundedMap<number>(maxTargets);

  function reuseOf(target: Target): number {
    return reuse.get(formatTarget(target)) ?? reusePrior[rulesOf(target).kind];
  }

  function learnReuse(target: Target, observed: number): void {
    const key = formatTarget(target);
    const known = reuseOf(target);
    reuse.set(key, known + reusePace * (Math.min(1, observed) - known));
  }

  return {
    observe(record) {
      const facts = factsOf(record);
      if (facts === null) return;
      const { conversation, target, usage } = facts;
      const key = keyOf(conversation);
      const known = conversations.get(key) ?? null;
      const rules = rulesOf(target);
      const before = known?.prefixes.get(formatTarget(target)) ?? coldPrefix;
      const observed = observedReuse(rules, before, usage, record.startedAtMs);
      if (observed !== null) learnReuse(target, observed);
      conversations.set(
        key,
        nextState(known, record, target, usage, prefixAfter(before, usage, rules, record.startedAtMs)),
      );
    },
    find: (conversation) => conversations.get(keyOf(conversation)) ?? null,
    reuseOf,
    size: () => conversations.size,
  };
}

interface RecordFacts {
  readonly conversation: Conversation;
  readonly target: Target;
  readonly usage: Usage;
}

function factsOf(record: CallRecord): RecordFacts | null {
  const { client, target, usage } = record;
  if (client.sessionId === null || target === null || usage === null || record.isUsageEstimated) return null;
  if (record.endpoint === "count-tokens" || isServedByCache(record)) return null;
  const conversation = { sessionId: client.sessionId, agentId: client.agentId, askedModel: record.askedModel };
  return { conversation, target, usage };
}

/** How much of what should be warm was read; for a marked cache that was cold, how much of the prompt was written. */
function observedReuse(rules: PromptCacheRules, before: WarmPrefix, usage: Usage, atMs: number): number | null {
  const total = totalInput(usage);
  const expected = Math.min(warmTokensAt(before, atMs), total);
  if (expected > 0) return usage.cacheRead / expected;
  if (rules.kind === "automatic" || total < markedMinimum) return null;
  return (usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h) / total;
}

function nextState(
  known: ConversationState | null,
  record: CallRecord,
  target: Target,
  usage: Usage,
  prefix: WarmPrefix,
): ConversationState {
  const input = totalInput(usage);
  const name = formatTarget(target);
  const prefixes = new Map(known?.prefixes);
  prefixes.delete(name);
  prefixes.set(name, prefix);
  if (prefixes.size > maxTargetsEach) prefixes.delete(prefixes.keys().next().value!);
  const turns = (known?.turns ?? 0) + 1;
  // A prompt that shrank was compacted; one counted elsewhere is counted differently: both say nothing of growth.
  const growth = known !== null && formatTarget(known.lastTarget) === name ? input - known.lastInputTokens : -1;
  const growths = (known?.growths ?? 0) + Number(growth >= 0);
  const averageGrowth = known?.growthTokens ?? 0;
  const averageOutput = known?.outputTokens ?? 0;
  return {
    turns,
    lastAtMs: record.startedAtMs,
    lastTarget: { provider: target.provider, model: target.model },
    lastInputTokens: input,
    lastRequestBytes: record.requestBytes,
    growthTokens: growth < 0 ? averageGrowth : averageGrowth + (growth - averageGrowth) / growths,
    growths,
    outputTokens: averageOutput + (usage.output - averageOutput) / turns,
    pauses: known === null ? noPauses : withGap(known.pauses, record.startedAtMs - known.lastAtMs),
    prefixes,
  };
}

/** Ids are the client's own words: a NUL keeps them apart. */
function keyOf({ sessionId, agentId, askedModel }: Conversation): string {
  return `${sessionId}\0${agentId ?? ""}\0${askedModel}`;
}
