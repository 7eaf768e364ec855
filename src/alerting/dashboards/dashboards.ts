/** All dashboards, in the order in which an operator needs them. */
import type { Dashboard } from "./dashboard.ts";
import { cache } from "./cache.ts";
import { costs } from "./costs.ts";
import { instance } from "./instance.ts";
import { latency } from "./latency.ts";
import { operations } from "./operations.ts";
import { providers } from "./providers.ts";
import { slos } from "./slos.ts";

export const dashboards: readonly Dashboard[] = [operations, providers, costs, cache, latency, slos, instance];
