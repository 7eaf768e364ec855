/** Where a request would go, and why: the plan alone, without a call. */
import type { Config } from "../config/schema.ts";
import { noLimits } from "../core/caller.ts";
import type { Caller } from "../core/caller.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logging.ts";
import type { Logger } from "../core/logging.ts";
import { nearestName } from "../core/near-names.ts";
import type { Plan } from "../core/target.ts";
import { CallFeatures } from "../gateway/call-features.ts";
import { readCall } from "../gateway/read-call.ts";
import { createProvider } from "../providers/create-provider.ts";
import type { Provider } from "../providers/provider.ts";
import { planRoute } from "../routing/plan.ts";
import type { RouteTable } from "../routing/plan.ts";
import { createRouteTable } from "./create-route-table.ts";
import { providersOf } from "./providers-of.ts";

export interface ExplainRequest {
  readonly model: string;
  /** The rest of the request; its own `model` is replaced. */
  readonly body: unknown;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const anybody: Caller = {
  user: "local",
  team: null,
  tier: "standard",
  keyId: "loopback",
  allowedModels: null,
  limits: noLimits,
};

/** The plan of an Anthropic request; `logger` hears of an own module that fails. Throws GatewayError as the router would. */
export async function explainRoute(
  config: Config,
  environment: NodeJS.ProcessEnv,
  { model, body, headers }: ExplainRequest,
  logger: Logger = silentLogger,
): Promise<Plan> {
  const settings = await providersOf(config, environment);
  const providers = Object.entries(settings).map(([name, provider]) => createProvider(name, provider, environment));
  try {
    const table = await createRouteTable(config, providers, logger);
    const request = readCall(Buffer.from(JSON.stringify({ messages: [], ...(body as object | null), model })));
    const source = { header: (name: string) => headers[name] };
    const features = new CallFeatures("messages", "anthropic-messages", anybody, source, request, systemClock.nowMs());
    const plan = planRoute(table, features);
    return { ...plan, reason: plan.reason + nearestListed(plan, model, namesOf(table, providers)) };
  } finally {
    await Promise.all(providers.map((provider) => provider.close()));
  }
}

/** By these a name goes that nobody lists: a misspelt one, maybe. */
const rulesForUnlisted: readonly string[] = ["default", "model-name"];

function nearestListed({ rule }: Plan, model: string, names: readonly string[]): string {
  const nearest = rulesForUnlisted.includes(rule) ? nearestName(model, names) : null;
  return nearest === null || nearest === model ? "" : `; the nearest name that is listed: ${nearest}`;
}

function namesOf({ directory }: RouteTable, providers: readonly Provider[]): readonly string[] {
  const explicit = providers.flatMap(({ name, models }) => models.map((model) => `${name}/${model}`));
  return [...directory.names(), ...explicit];
}
