/** The program behind the commands, loaded only by those that need it: a quick command must stay quick. */
import type { RunningRouter, StartOptions } from "../app/start.ts";
import type { Config, ProviderConfig } from "../config/schema.ts";

export type { RunningRouter } from "../app/start.ts";

export interface ExplainRequest {
  readonly model: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Explanation {
  readonly rule: string;
  readonly reason: string;
  readonly targets: readonly { readonly provider: string; readonly model: string; readonly reason: string }[];
}

/** Starts a router in this process. */
export async function startRouter(options: StartOptions): Promise<RunningRouter> {
  const app = await import("../app/start.ts");
  return app.startRouter(options);
}

/** The providers to serve calls by: the configuration's, else those of the environment. */
export async function findProviders(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, ProviderConfig>>> {
  const app = await import("../app/providers-of.ts");
  return app.providersOf(config, environment);
}

/** Where such a request would go, and why. */
export async function explainRoute(
  config: Config,
  environment: NodeJS.ProcessEnv,
  request: ExplainRequest,
): Promise<Explanation> {
  // @ts-ignore -- TEMPORARY until src/app/explain.ts stands
  const app = (await import("../app/explain.ts")) as {
    explainRoute(
      config: Config,
      environment: NodeJS.ProcessEnv,
      request: ExplainRequest,
    ): Explanation | Promise<Explanation>;
  };
  return app.explainRoute(config, environment, request);
}
