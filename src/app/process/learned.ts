/** What the router learns of finished calls, for choosing by cost. */
import type { CallRecord } from "../../core/record.ts";
import type { TargetKnowledge } from "../../optimization/sessions/estimate-session.ts";
import { promptCacheRulesOf } from "../../optimization/sessions/prompt-cache-rules.ts";
import { createRemainingShares } from "../../optimization/remaining-shares.ts";
import type { RemainingShares } from "../../optimization/remaining-shares.ts";
import { createSessionCaches } from "../../optimization/sessions/session-caches.ts";
import type { SessionCaches } from "../../optimization/sessions/session-caches.ts";
import { createTargetLatencies } from "../../optimization/ranking/target-latencies.ts";
import type { TargetLatencies } from "../../optimization/ranking/target-latencies.ts";
import { createTokenRatios } from "../../optimization/token-ratios.ts";
import type { TokenRatios } from "../../optimization/token-ratios.ts";

/** Outlives configurations. */
export interface Learned {
  readonly sessions: SessionCaches;
  readonly ratios: TokenRatios;
  readonly latencies: TargetLatencies;
  readonly remainingShares: RemainingShares;
  /** Catalog kinds of the providers in use, by name. */
  readonly providerKinds: Map<string, string>;
  observe(record: CallRecord): void;
}

const maxConversations = 10_000;
const maxCallers = 10_000;

export function createLearned(): Learned {
  const providerKinds = new Map<string, string>();
  const rulesOf = cacheRulesBy(providerKinds);
  const sessions = createSessionCaches({ maxConversations, rulesOf });
  const ratios = createTokenRatios();
  const latencies = createTargetLatencies();
  return {
    sessions,
    ratios,
    latencies,
    remainingShares: createRemainingShares(maxCallers),
    providerKinds,
    observe(record) {
      if (record.endpoint === "count-tokens") return;
      sessions.observe(record);
      ratios.observe(record);
      latencies.observe(record);
    },
  };
}

/** The rules of a target's prompt cache, by the catalog kinds of providers. */
export function cacheRulesBy(kinds: ReadonlyMap<string, string>): TargetKnowledge["rulesOf"] {
  return ({ provider, model }) => promptCacheRulesOf(kinds.get(provider) ?? provider, model);
}
