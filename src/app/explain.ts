/** Where a request would go, and why: the plan alone, without a call. */
import type { Config } from "../config/schema.ts";
import { noLimits } from "../core/caller.ts";
import type { Caller } from "../core/caller.ts";
import { GatewayError } from "../core/errors/errors.ts";
import { systemClock } from "../core/time/clock.ts";
import { silentLogger } from "../core/log/logging.ts";
import type { Logger } from "../core/log/logging.ts";
import { nearestName } from "../core/text/near-names.ts";
import type { Plan } from "../core/target.ts";
import { createPriceBook } from "../costs/prices/price-book.ts";
import { orderByCost } from "../gateway/plan/order-by-cost.ts";
import { prepareRequest } from "../gateway/prepare/prepare-request.ts";
import { isUnsuited, toSuitedPlan } from "../gateway/prepare/suited-plan.ts";
import { CallFeatures } from "../gateway/request/call-features.ts";
import { HeadMemo } from "../gateway/request/head-memo.ts";
import { readCall } from "../gateway/request/read-call.ts";
import { createProvider } from "../providers/create-provider.ts";
import type { Provider } from "../providers/provider.ts";
import { ThinkingSigners } from "../providers/thinking-signers.ts";
import { planRoute } from "../routing/plan.ts";
import type { RouteTable } from "../routing/plan.ts";
import { createCostRouting } from "./runtime/create-optimization.ts";
import { createLearned } from "./process/learned.ts";
import { createRouteTable } from "./runtime/create-route-table.ts";
import { providersOf } from "./runtime/providers-of.ts";

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
    const ordered = inOrderOfCost(config, planRoute(table, features), features, providers);
    const plan = withoutUnsuited(
      ordered,
      { exchange: { ...source, query: "", headers: [], memo: new HeadMemo() }, features, request },
      providers,
    );
    return { ...plan, reason: plan.reason + nearestListed(plan, model, namesOf(table, providers)) };
  } finally {
    await Promise.all(providers.map((provider) => provider.close()));
  }
}

/** As a router does that has just started: by prices alone, nothing is measured and no prompt is warm. */
function inOrderOfCost(config: Config, plan: Plan, features: CallFeatures, providers: readonly Provider[]): Plan {
  const learned = createLearned();
  for (const { name, kind } of providers) learned.providerKinds.set(name, kind);
  const providerKinds = Object.fromEntries(learned.providerKinds);
  const priceBook = createPriceBook({ ...config.prices, providerKinds }, silentLogger);
  const routing = createCostRouting(config, { learned, quality: { find: () => null } }, priceBook);
  if (routing === null) return plan;
  const running = {
    clock: systemClock,
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    breakers: { isOpen: () => false },
  };
  return orderByCost(running, routing, plan, features, null);
}

/**
 * The plan without the targets before the first that can be asked what the request holds. Its body may be given in part:
 * what is missing keeps it from none.
 */
function withoutUnsuited(plan: Plan, call: Parameters<typeof prepareRequest>[1], providers: readonly Provider[]): Plan {
  const signers = { thinkingSigners: new ThinkingSigners(), hasSeveralSigners: false };
  const suited = toSuitedPlan(plan, (target) => {
    const provider = providers.find(({ name }) => name === target.provider)!;
    try {
      prepareRequest(signers, call, provider, target);
    } catch (error) {
      if (isUnsuited(error) || !(error instanceof GatewayError)) throw error;
    }
  });
  if (suited.kind === "unsuited") throw suited.unsuited[0]!.error;
  return suited.plan;
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
