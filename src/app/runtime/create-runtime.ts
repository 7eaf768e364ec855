/** Makes everything that one configuration needs. A reload makes a new runtime and lets the old one finish its calls. */
import type { Config } from "../../config/schema.ts";
import type { CostOptimizer } from "../../optimization/cost-optimizer.ts";
import { createGateway } from "./create-gateway.ts";
import type { GatewayOfConfig } from "./create-gateway.ts";
import { keysOf } from "./keys-of.ts";
import { createOptimizer } from "./create-optimization.ts";
import type { ProcessState } from "../process/process-state.ts";

export interface Runtime extends GatewayOfConfig {
  readonly environment: NodeJS.ProcessEnv;
  readonly optimizer: CostOptimizer;
}

/** Reads the keys file. Throws Error with a sentence for people: a provider without a key, an own module that does not load. */
export async function createRuntime(
  config: Config,
  environment: NodeJS.ProcessEnv,
  state: ProcessState,
): Promise<Runtime> {
  const calls = await createGateway(config, environment, state, await keysOf(config));
  const { priceBook, providers } = calls.gateway;
  const optimizer = createOptimizer(config, state, priceBook, providers.values());
  return {
    ...calls,
    environment,
    optimizer,
    close: async () => {
      optimizer.close();
      await calls.close();
    },
  };
}
