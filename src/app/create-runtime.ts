/** Makes everything that one configuration needs. A reload makes a new runtime and lets the old one finish its calls. */
import type { Config } from "../config/schema.ts";
import { StructuredLogger } from "../core/logging.ts";
import { readKeysInForce } from "../config/keys-file.ts";
import { createPriceBook } from "../costs/price-book.ts";
import { createAuthenticator } from "../gateway/authenticate.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { CostOptimizer } from "../optimization/cost-optimizer.ts";
import { createProvider } from "../providers/create-provider.ts";
import type { Provider } from "../providers/provider.ts";
import { createCaching } from "./create-caching.ts";
import { createCostRouting, createOptimizer } from "./create-optimization.ts";
import { createRouteTable } from "./create-route-table.ts";
import type { ProcessState } from "./process-state.ts";
import { providersOf } from "./providers-of.ts";
import { secretsOf } from "./secrets-of.ts";

export interface Runtime {
  readonly config: Config;
  readonly gateway: Gateway;
  readonly optimizer: CostOptimizer;
  readonly hasKeys: boolean;
  /** SHA-256 in hex. */
  readonly adminKeyHashes: readonly string[];
  /** Resolves when the calls that still use it are over. */
  close(): Promise<void>;
}

/** Throws Error with a sentence for people: a provider without a key, an own module that does not load. */
export async function createRuntime(
  config: Config,
  environment: NodeJS.ProcessEnv,
  state: ProcessState,
): Promise<Runtime> {
  if (state.logger instanceof StructuredLogger) state.logger.hideSecrets(secretsOf(config, environment));
  const settings = await providersOf(config, environment);
  const providers = new Map<string, Provider>();
  for (const [name, provider] of Object.entries(settings))
    providers.set(name, createProvider(name, provider, environment));
  const { callers, adminHashes } = await readKeysInForce(config.auth.keysFile);
  const keys = [...config.auth.keys, ...callers];
  const thresholds = { warning: config.budgets.warningThreshold, critical: config.budgets.criticalThreshold };
  for (const { name, kind } of providers.values()) state.learned.providerKinds.set(name, kind);
  const priceBook = createPriceBook({ ...config.prices, providerKinds: kindsOf(providers) }, state.logger);
  const optimizer = createOptimizer(config, state, priceBook, providers.values());
  const gateway: Gateway = {
    ...state,
    costRouting: createCostRouting(config, state, priceBook),
    remainingShares: state.learned.remainingShares,
    affinity: config.routing.affinity.enabled ? state.affinity : null,
    sendsTraceparent: config.monitoring.otlp !== null,
    bodyLimitBytes: config.server.bodyLimitBytes,
    authenticator: createAuthenticator({
      keys,
      hasPassthrough: [...providers.values()].some((provider) => provider.isPassthrough),
      trustedHosts: config.auth.trustedHosts,
    }),
    providers,
    routes: await createRouteTable(config, [...providers.values()], state.logger),
    caching: createCaching(config, state.answerCache.answers, settings),
    limitRules: config.limits,
    retries: config.retries,
    contextOverflow: config.routing.contextOverflow ?? [],
    budgetThresholds: thresholds,
    priceBook,
  };
  return {
    config,
    gateway,
    optimizer,
    hasKeys: keys.length > 0,
    adminKeyHashes: config.auth.adminKeyHash === null ? adminHashes : [...adminHashes, config.auth.adminKeyHash],
    close: async () => {
      optimizer.close();
      await Promise.all([...providers.values()].map((provider) => provider.close()));
    },
  };
}

function kindsOf(providers: ReadonlyMap<string, Provider>): Record<string, string> {
  return Object.fromEntries([...providers].map(([name, provider]) => [name, provider.kind]));
}
