/** Whether what prices and caching name exists. Warnings: a name may stand for what was there once, or comes later. */
import { nearestName } from "../../core/text/near-names.ts";
import type { Config } from "../schema.ts";
import { warningAt } from "./finding.ts";
import type { CheckFinding } from "./finding.ts";

/** What places a call besides `routing.rules` (docs/routing.md). */
const ownRoutes = ["own-module", "explicit", "subagent-tag", "alias", "listed", "model-name", "default"];
const scenarios = ["longContext", "subagent", "background", "webSearch", "image", "think"];

export function checkNames({ prices, cache, providers, routing }: Config): readonly CheckFinding[] {
  const routes = [...routing.rules.map(({ name }) => name), ...scenarios, ...ownRoutes];
  const configured = Object.keys(providers);
  return [
    ...cache.rules.flatMap(({ route = [] }, index) =>
      route.flatMap((name) =>
        unlessKnown(name, routes, ["cache", "rules", index, "route"], `no rule is named ${name}: no call matches`),
      ),
    ),
    // Without any configured provider, those of the environment count: which they are is not known here.
    ...(configured.length === 0 ? [] : prices.overrides).flatMap(({ provider }, index) =>
      unlessKnown(
        provider,
        configured,
        ["prices", "overrides", index, "provider"],
        `no provider named ${provider} is configured: no call costs these prices`,
      ),
    ),
  ];
}

function unlessKnown(
  name: string,
  known: readonly string[],
  path: CheckFinding["path"],
  problem: string,
): readonly CheckFinding[] {
  if (name.includes("*") || known.includes(name)) return [];
  return [{ ...warningAt(path, problem), nearest: () => nearestName(name, known) }];
}
