/** Makes everything that one configuration needs. A reload makes a new runtime and lets the old one finish its calls. */
import { pathToFileURL } from "node:url";
import type { Config } from "../config/schema.ts";
import { readKeysInForce } from "../config/keys-file.ts";
import type { Logger } from "../core/logging.ts";
import { createBudgets } from "../costs/budgets/budgets.ts";
import { createPriceBook } from "../costs/price-book.ts";
import { createAuthenticator } from "../gateway/authenticate.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { createProvider } from "../providers/create-provider.ts";
import type { Provider } from "../providers/provider.ts";
import type { RouteFunction } from "../routing/define-route.ts";
import { createModelDirectory } from "../routing/model-directory.ts";
import type { DefaultTargets, RouteTable } from "../routing/plan.ts";
import { compileRules, compileScenarios } from "../routing/rules.ts";
import type { ProcessState } from "./process-state.ts";
import { providersOf } from "./providers-of.ts";

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
    budgets: createBudgets({
      settings: { ...config.budgets, thresholds },
      store: state.budgetStore,
      expectedCosts: state.expectedCosts,
      seatCaps: () => [],
      clock: state.clock,
      logger: state.logger,
    }),
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

async function createRouteTable(config: Config, providers: readonly Provider[], logger: Logger): Promise<RouteTable> {
  const { routing } = config;
  return {
    directory: createModelDirectory(providers, config.aliases),
    ownRoute: routing.module === null ? null : await loadOwnRoute(routing.module),
    rules: compileRules(routing.rules),
    scenarios: compileScenarios(routing.scenarios),
    defaults: routing.unknownModel === "reject" ? null : defaultsOf(config, providers),
    fallbacks: routing.fallbacks,
    maxTargets: config.retries.maxTargets,
    onOwnRouteError: (error) =>
      logger.error(
        { err: error, module: routing.module },
        "the own routing module failed; the call goes by the other rules",
      ),
  };
}

/** The configured default, else what the first provider with known models takes for its own. */
function defaultsOf(config: Config, providers: readonly Provider[]): DefaultTargets {
  if (config.routing.default !== null) return { main: config.routing.default, small: config.routing.default };
  const provider = providers.find((one) => one.defaultModels !== null);
  if (provider?.defaultModels === null || provider?.defaultModels === undefined) return { main: [], small: [] };
  const { main, small } = provider.defaultModels;
  return { main: [`${provider.name}/${main}`], small: [`${provider.name}/${small}`] };
}

/** The default export of an own module. The query makes a reload read the file again. */
async function loadOwnRoute(path: string): Promise<RouteFunction> {
  const loaded = (await import(`${pathToFileURL(path).href}?${process.hrtime.bigint()}`)) as { default?: unknown };
  if (typeof loaded.default === "function") return loaded.default as RouteFunction;
  throw new Error(`routing.module: ${path} has no default export made by defineRoute(...)`);
}

function kindsOf(providers: ReadonlyMap<string, Provider>): Record<string, string> {
  return Object.fromEntries([...providers].map(([name, provider]) => [name, provider.kind]));
}
