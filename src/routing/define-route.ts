/** Own rules as a module: `export default defineRoute((call) => …)`. */
import type { RequestFeatures } from "./request-features.ts";

/** What an own rule may answer: targets, a refusal, or null to leave the call to the rules that follow. */
export type RouteDecision =
  | { readonly to: string | readonly string[]; readonly reason?: string }
  | { readonly reject: string }
  | null
  | undefined;

export type RouteFunction = (call: RequestFeatures) => RouteDecision;

/** Names the type of an own rule. It runs for every call, synchronously: it must be quick and must not do I/O. */
export function defineRoute(route: RouteFunction): RouteFunction {
  return route;
}
