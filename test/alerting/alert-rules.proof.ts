/** The alert rules by their tests on promtool, and the guide's own rules by the same: a minute of processor time. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { allAlerts } from "../../src/alerting/all-alerts.ts";
import { buildOpsFiles } from "../../src/alerting/build-ops-files.ts";
import { configSchema } from "../../src/config/schema.ts";
import { readRules } from "../../tools/rule-lint/lint-rules.ts";
import type { Rule } from "../../tools/rule-lint/lint-rules.ts";
import { readFileSync } from "node:fs";
import { runTrials } from "../../tools/rule-mutations/run-tests.ts";
import { trialOf } from "../../tools/rule-mutations/trials.ts";

const ops = join(import.meta.dirname, "../../ops/prometheus");
const guideFile = join(import.meta.dirname, "testdata/guide/alert_rules.yml");
const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;

const built = buildOpsFiles({ alerting: configSchema.parse({}).alerting, timeScale: 1 });
const rulesIn = (name: string): readonly Rule[] =>
  readRules(built.find(({ path }) => path === `prometheus/${name}`)!.text);
const recordings = rulesIn("recording_rules.yml");
const alerts = rulesIn("alert_rules.yml");
const guide = readRules(readFileSync(guideFile, "utf8"));

function promtool(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** The guide's expression, and the alert whose tests show what is wrong with it. */
const brokenInGuide: readonly (readonly [guideAlert: string, provenBy: string])[] = [
  ["HighErrorRate", "HighErrorRate"],
  ["HighLatency", "HighLatency"],
  ["VeryHighLatency", "VeryHighLatency"],
  ["HighMemoryUsage", "HighMemoryUsage"],
  ["MemoryLeak", "MemoryLeak"],
  ["ProviderHighLatency", "ProviderHighLatency"],
  ["HighCostBurn", "HighCostBurn"],
  ["LowCacheHitRate", "LowCacheHitRate"],
  ["RedisDown", "RedisDown"],
  ["RedisHighMemory", "RedisHighMemory"],
  ["HighCpuUsage", "HighCpuUsage"],
  ["DiskSpaceLow", "DiskSpaceLow"],
  // Silent when the series vanishes.
  ["ServiceDown", "ServiceAbsent"],
  ["ProviderDown", "ProviderHealthAbsent"],
];

describe("with promtool", { skip: hasPromtool ? false : "promtool is not installed" }, () => {
  test("the rules load without a word of complaint; the guide's file does not", () => {
    const own = promtool("check", "rules", join(ops, "recording_rules.yml"), join(ops, "alert_rules.yml"));
    assert.equal(own.status, 0, own.output);
    assert.doesNotMatch(own.output, /FAILED|warning|error/i);
    const { status, output } = promtool("check", "rules", guideFile);
    assert.notEqual(status, 0);
    assert.match(output, /humanizeBytes/);
  });

  test("Prometheus takes its configuration", () => {
    const { status, output } = promtool("check", "config", join(ops, "prometheus.yml"));
    assert.equal(status, 0, output);
  });

  const promised = allAlerts.map(({ name }) =>
    trialOf(
      alerts.filter(({ alert }) => alert === name),
      recordings,
    ),
  );
  let passed: readonly boolean[] = [];
  let passedWithGuide: readonly boolean[] = [];

  before(async () => {
    const old = brokenInGuide.map(([name, provenBy]) => {
      const own = promised.find((trial) => trial.alerts[0]?.alert === provenBy)!;
      const { expr, for: duration = "0m" } = guide.find(({ alert }) => alert === name)!;
      return { ...own, alerts: own.alerts.map((rule) => ({ ...rule, expr, for: duration })) };
    });
    const results = await runTrials([...promised, ...old]);
    passed = results.slice(0, promised.length);
    passedWithGuide = results.slice(promised.length);
  });

  for (const [
    index,
    {
      alerts: [rule],
      set,
    },
  ] of promised.entries()) {
    test(`${rule?.alert} ${set.scenarios.map(({ title }) => title).join("; ")}`, () => {
      assert.equal(passed[index], true);
    });
  }

  for (const [index, [name, provenBy]] of brokenInGuide.entries()) {
    test(`the guide's expression for ${name} fails the tests of ${provenBy}`, () => {
      assert.equal(passedWithGuide[index], false);
    });
  }
});
