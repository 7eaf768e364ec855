import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { allAlerts } from "../../src/alerting/all-alerts.ts";
import { buildOpsFiles } from "../../src/alerting/build-ops-files.ts";
import { configSchema } from "../../src/config/schema.ts";
import { readRules } from "../../tools/rule-lint/lint-rules.ts";
import type { Rule } from "../../tools/rule-lint/lint-rules.ts";
import { readFileSync } from "node:fs";
import { scenarioSets } from "../../tools/rule-tests/test-files.ts";

const guideFile = join(import.meta.dirname, "testdata/guide/alert_rules.yml");

const built = buildOpsFiles({ alerting: configSchema.parse({}).alerting, timeScale: 1 });
const rulesIn = (name: string): readonly Rule[] =>
  readRules(built.find(({ path }) => path === `prometheus/${name}`)!.text);
const alerts = rulesIn("alert_rules.yml");
const guide = readRules(readFileSync(guideFile, "utf8"));

test("all fourteen alerts of the guide are there with their severities", () => {
  assert.equal(guide.length, 14);
  for (const { alert, labels } of guide) {
    assert.equal(alerts.find((own) => own.alert === alert)?.labels?.["severity"], labels?.["severity"], alert);
  }
});

test("every alert is told as firing, silent, at its boundary and recovering", () => {
  for (const { name } of allAlerts) {
    const scenarios = scenarioSets.flatMap((set) => set.scenarios.filter(({ alert }) => alert === name));
    const checks = scenarios.flatMap((scenario) => scenario.checks);
    const kinds = new Set(checks.map(({ kind }) => kind));
    const wanted = name === "Watchdog" ? ["boundary", "fires"] : ["boundary", "fires", "recovers", "silent"];
    assert.deepEqual([...kinds].sort(), wanted, `${name}: its scenarios stand in tools/rule-tests/`);
    assert.ok(checks.length >= 4, name);
    assert.ok(name.endsWith("SlowBurn") || scenarios.some(({ texts }) => texts !== undefined), `${name} has texts`);
  }
});

test("every alert has runbook, dashboard, summary and a description; every critical one a team", () => {
  for (const { alert = "", annotations = {}, labels = {} } of alerts) {
    assert.match(annotations["runbook_url"] ?? "", new RegExp(`/runbooks/${alert}$`));
    assert.match(annotations["dashboard_url"] ?? "", /\/d\/ccr-[a-z]+$/);
    assert.ok((annotations["summary"] ?? "").length > 10 && (annotations["description"] ?? "").length > 20, alert);
    assert.ok(["gateway", "providers", "costs", "infrastructure"].includes(labels["team"] ?? ""), alert);
  }
});
