/** Whether settings that are each valid fit together. Pure: looks at values alone, not at files or the network. */
import { checkBudgets } from "./checks/money.ts";
import { checkNames } from "./checks/names.ts";
import { checkProviders } from "./checks/providers.ts";
import { checkRouting } from "./checks/routing.ts";
import { checkServing } from "./checks/serving.ts";
import type { CheckFinding } from "./checks/finding.ts";
import type { Config } from "./schema.ts";

export function checkConfig(config: Config): readonly CheckFinding[] {
  return [
    ...checkProviders(config),
    ...checkRouting(config),
    ...checkServing(config),
    ...checkBudgets(config),
    ...checkNames(config),
  ];
}
