/** Lints rules files (those of `ops/` unless others are named); what they record may be asked for by any of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { knownMetrics } from "./rule-lint/known-metrics.ts";
import { lintRules, readRules, recordedBy } from "./rule-lint/lint-rules.ts";

const own = ["recording_rules.yml", "alert_rules.yml"].map((name) =>
  join(import.meta.dirname, "../ops/prometheus", name),
);
const named = process.argv.slice(2);
const rules = (named.length > 0 ? named : own).flatMap((file) => readRules(readFileSync(file, "utf8")));
const findings = lintRules(rules, knownMetrics(recordedBy(rules)));
for (const { rule, check, text } of findings) console.log(`${rule === "" ? "all rules" : rule}: ${check}: ${text}`);
console.log(`${rules.length} rules, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
