/** The routing of a configuration: its rules, names and defaults, compiled. */
import type { Config } from "../../config/schema.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { Provider } from "../../providers/provider.ts";
import { createModelDirectory } from "../../routing/model-directory.ts";
import type { DefaultTargets, RouteTable } from "../../routing/plan.ts";
import { compileRules, compileScenarios } from "../../routing/rules.ts";
import { loadOwnRoute } from "./own-route.ts";

/** Throws Error for an own module that does not load. */
export async function createRouteTable(
  config: Config,
  providers: readonly Provider[],
  logger: Logger,
): Promise<RouteTable> {
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
