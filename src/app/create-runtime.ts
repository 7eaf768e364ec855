/** Makes everything that one configuration needs. A reload makes a new runtime and lets the old one finish its calls. */
import type { Config } from "../config/schema.ts";
import { StructuredLogger } from "../core/logging.ts";
import { readKeysInForce } from "../config/keys-file.ts";
import { createPriceBook } from "../costs/price-book.ts";
import { createAuthenticator } from "../gateway/authenticate.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { createProvider } from "../providers/create-provider.ts";
import type { Provider } from "../providers/provider.ts";
import { createRouteTable } from "./create-route-table.ts";
import type { ProcessState } from "./process-state.ts";
import { providersOf } from "./providers-of.ts";
import { secretsOf } from "./secrets-of.ts";

export interface Runtime {
  readonly config: Config;
  readonly gateway: Gateway;
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
  const gateway: Gateway = {
    ...state,
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
    retries: config.retries,
    contextOverflow: config.routing.contextOverflow ?? [],
    budgetThresholds: thresholds,
    priceBook: createPriceBook({ ...config.prices, providerKinds: kindsOf(providers) }, state.logger),
  };
  return {
    config,
    gateway,
    hasKeys: keys.length > 0,
    adminKeyHashes: config.auth.adminKeyHash === null ? adminHashes : [...adminHashes, config.auth.adminKeyHash],
    close: async () => {
      await Promise.all([...providers.values()].map((provider) => provider.close()));
    },
  };
}

function kindsOf(providers: ReadonlyMap<string, Provider>): Record<string, string> {
  return Object.fromEntries([...providers].map(([name, provider]) => [name, provider.kind]));
}
