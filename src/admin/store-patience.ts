/**
 * Questions of operators and callers while Redis or PostgreSQL is away: asked again for three seconds, as a fail-over takes
 * hardly longer; then the answer is 503 `dependency_store_unreachable`. Changes are tried once: whoever makes them sees what
 * became of them.
 */
import { setTimeout as pass } from "node:timers/promises";
import type { Clock } from "../core/time/clock.ts";
import { GatewayError } from "../core/errors/errors.ts";
import type { AdminAnswer, AdminRoute } from "./admin-route.ts";

/** Nothing is asked again after so long. */
const patienceMs = 3_000;
const pauseMs = 250;
/** What `retry-after` says. */
const retryAfterSeconds = 5;

/** `routes`, those that only read with this patience. */
export function withStorePatience(routes: readonly AdminRoute[], clock: Clock): readonly AdminRoute[] {
  return routes.map((route) => {
    if (route.method !== "GET") return route;
    return { ...route, handle: (...asked) => askStores(async () => route.handle(...asked), clock) };
  });
}

async function askStores(ask: () => Promise<AdminAnswer>, clock: Clock): Promise<AdminAnswer> {
  const untilMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isAway = error instanceof GatewayError && error.code === "dependency_store_unreachable";
      if (!isAway) throw error;
      if (clock.monotonicMs() + pauseMs > untilMs) {
        throw new GatewayError(error.code, error.message, { cause: error, retryAfterSeconds });
      }
      await pass(pauseMs);
    }
  }
}
