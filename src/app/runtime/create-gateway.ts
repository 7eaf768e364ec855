/** Makes what the calls of one configuration work with. A reload makes a new one; a worker has this and nothing else. */
import type { Config } from "../../config/schema.ts";
import { StructuredLogger } from "../../core/log/logging.ts";
import { findCatalogPrices } from "../../costs/prices/catalog-prices.ts";
import { createPriceBook } from "../../costs/prices/price-book.ts";
import { createAuthenticator } from "../../gateway/request/authenticate.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { BreakerBoard } from "../../providers/breaker-board.ts";
import { createProvider } from "../../providers/create-provider.ts";
import type { Provider } from "../../providers/provider.ts";
import { signerOf } from "../../providers/thinking-signers.ts";
import { createCaching } from "./create-caching.ts";
import { createCostRouting } from "./create-optimization.ts";
import { createRouteTable } from "./create-route-table.ts";
import type { ProcessState } from "../process/process-state.ts";
import { requireKeysBeyondLoopback } from "./keys-of.ts";
import type { KeysOf } from "./keys-of.ts";
import { providersOf } from "./providers-of.ts";
import { secretsOf } from "./secrets-of.ts";

/** What of the process's state calls work with. */
export interface CallState
  extends
    Pick<
      Gateway,
      | "clock"
      | "random"
      | "logger"
      | "openCalls"
      | "limits"
      | "breakers"
      | "budgets"
      | "recordSinks"
      | "answerSink"
      | "budgetUse"
      | "performance"
      | "thinkingSigners"
    >,
    Pick<ProcessState, "affinity" | "learned" | "quality"> {
  readonly answerCache: Pick<ProcessState["answerCache"], "answers">;
}

export interface GatewayOfConfig {
  readonly config: Config;
  readonly gateway: Gateway;
  readonly keys: KeysOf;
  /** Of all keys, each once. */
  readonly tiers: readonly string[];
  /** Resolves when the calls that still use it are over. */
  close(): Promise<void>;
}

/** `keys`: those of `config`, as they were read. Throws Error with a sentence for people: a provider without a key, an own module that does not load. */
export async function createGateway(
  config: Config,
  environment: NodeJS.ProcessEnv,
  state: CallState,
  keys: KeysOf,
): Promise<GatewayOfConfig> {
  if (state.logger instanceof StructuredLogger) state.logger.hideSecrets(secretsOf(config, environment));
  const { callers, hasKeys, adminKeys, revokedKeyHashes } = keys;
  requireKeysBeyondLoopback(config, hasKeys);
  const settings = await providersOf(config, environment);
  const providers = new Map<string, Provider>();
  for (const [name, provider] of Object.entries(settings))
    providers.set(name, createProvider(name, provider, environment));
  for (const { name, kind } of providers.values()) state.learned.providerKinds.set(name, kind);
  const priceBook = createPriceBook({ ...config.prices, providerKinds: kindsOf(providers) }, state.logger);
  // Lists are read with the first question. Asked now, no call needs a free file descriptor for its price.
  for (const { kind } of providers.values()) findCatalogPrices(kind, "any model");
  const gateway: Gateway = {
    ...state,
    costRouting: createCostRouting(config, state, priceBook),
    remainingShares: state.learned.remainingShares,
    affinity: config.routing.affinity.enabled ? state.affinity : null,
    countBreakers: new BreakerBoard({ settings: config.breaker }),
    sendsTraceparent: config.monitoring.otlp !== null,
    bodyLimit: { bytes: config.server.bodyLimitBytes, setting: "server.bodyLimitBytes" },
    authenticator: createAuthenticator({
      keys: callers,
      otherKeyHashes: [...adminKeys.map(({ hash }) => hash), ...revokedKeyHashes],
      hasKeys,
      hasPassthrough: [...providers.values()].some((provider) => provider.isPassthrough),
      trustedHosts: config.auth.trustedHosts,
    }),
    providers,
    hasSeveralSigners: hasSeveralSigners([...providers.values()]),
    routes: await createRouteTable(config, [...providers.values()], state.logger),
    caching: createCaching(config, state.answerCache.answers, settings),
    limitRules: config.limits,
    retries: config.retries,
    contextOverflow: config.routing.contextOverflow ?? [],
    budgetThresholds: { warning: config.budgets.warningThreshold, critical: config.budgets.criticalThreshold },
    priceBook,
  };
  return {
    config,
    gateway,
    keys,
    tiers: [...new Set(callers.map((key) => key.tier))],
    close: async () => {
      await Promise.all([...providers.values()].map((provider) => provider.close()));
    },
  };
}

function hasSeveralSigners(providers: readonly Provider[]): boolean {
  const signing = providers.filter(({ dialects }) => dialects.includes("anthropic-messages"));
  return new Set(signing.map(signerOf)).size > 1;
}

function kindsOf(providers: ReadonlyMap<string, Provider>): Record<string, string> {
  return Object.fromEntries([...providers].map(([name, provider]) => [name, provider.kind]));
}
