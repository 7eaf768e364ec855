/** All faults, those that take longest first: trials run side by side. */
import type { Fault } from "./fault.ts";
import { budgetBreach } from "./faults/budget-breach.ts";
import { cacheCold } from "./faults/cache-cold.ts";
import { configurationRefused } from "./faults/configuration-refused.ts";
import { costSpike } from "./faults/cost-spike.ts";
import { diskFull } from "./faults/disk-full.ts";
import { errorBurst } from "./faults/error-burst.ts";
import { errorTrickle } from "./faults/error-trickle.ts";
import { memoryLeak } from "./faults/memory-leak.ts";
import { providerFailing } from "./faults/provider-failing.ts";
import { providerHanging } from "./faults/provider-hanging.ts";
import { providerSlow } from "./faults/provider-slow.ts";
import { providerSluggish } from "./faults/provider-sluggish.ts";
import { redisFull } from "./faults/redis-full.ts";
import { redisStopped } from "./faults/redis-stopped.ts";
import { routerKilled } from "./faults/router-killed.ts";

export const allFaults: readonly Fault[] = [
  memoryLeak,
  costSpike,
  errorBurst,
  cacheCold,
  budgetBreach,
  providerSlow,
  providerSluggish,
  providerHanging,
  providerFailing,
  errorTrickle,
  redisFull,
  diskFull,
  redisStopped,
  routerKilled,
  configurationRefused,
];
