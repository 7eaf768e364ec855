/** All dashboards, in the order in which an operator needs them. */
import type { Dashboard } from "./dashboard.ts";
import { cache } from "./cache.ts";
import { callPath } from "./call-path.ts";
import { costs } from "./costs.ts";
import { instances } from "./instances.ts";
import { operations } from "./operations.ts";
import { providers } from "./providers.ts";

export const dashboards: readonly Dashboard[] = [operations, providers, costs, cache, callPath, instances];
