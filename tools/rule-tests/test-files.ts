/** The rule tests as files below `ops/`: one for each group of alerts, for `promtool test rules`. */
import { alertGroups } from "../../src/alerting/all-alerts.ts";
import type { OpsFile } from "../../src/alerting/ops-file.ts";
import { recordingGroupNames } from "../../src/alerting/recording-rules.ts";
import { callScenarios } from "./calls.ts";
import { machineScenarios } from "./machine.ts";
import { moneyScenarios } from "./money.ts";
import { processScenarios } from "./process.ts";
import { providerScenarios } from "./providers.ts";
import { redisScenarios } from "./redis.ts";
import type { ScenarioSet } from "./scenario.ts";
import { fastBurnScenarios, slowBurnScenarios } from "./service-levels.ts";
import { serviceScenarios } from "./service.ts";
import { storeScenarios } from "./stores.ts";
import { renderTestFile } from "./test-file.ts";

export const scenarioSets: readonly ScenarioSet[] = [
  { name: "service", evaluateEvery: "15s", scenarios: serviceScenarios },
  { name: "calls", evaluateEvery: "1m", scenarios: callScenarios },
  { name: "fast_burn", evaluateEvery: "1m", scenarios: fastBurnScenarios },
  { name: "slow_burn", evaluateEvery: "5m", scenarios: slowBurnScenarios },
  { name: "providers", evaluateEvery: "1m", scenarios: providerScenarios },
  { name: "money", evaluateEvery: "1m", scenarios: moneyScenarios },
  { name: "process", evaluateEvery: "1m", scenarios: processScenarios },
  { name: "stores", evaluateEvery: "1m", scenarios: storeScenarios },
  { name: "redis", evaluateEvery: "15s", scenarios: redisScenarios },
  { name: "machine", evaluateEvery: "1m", scenarios: machineScenarios },
];

/** The groups of both rules files, in the order of evaluation. */
export const groupOrder: readonly string[] = [...recordingGroupNames, ...alertGroups.map(({ name }) => name)];

export function ruleTestFiles(): readonly OpsFile[] {
  const ruleFiles = ["../recording_rules.yml", "../alert_rules.yml"];
  return scenarioSets.map((set) => ({
    path: `prometheus/tests/${set.name}.yml`,
    text: renderTestFile(set, ruleFiles, groupOrder),
  }));
}
