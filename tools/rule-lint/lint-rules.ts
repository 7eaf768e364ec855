/** What is wrong with a set of rules: each expression, each alert's texts, and what is missing in the whole. */
import { parse } from "yaml";
import { checkExpression } from "./check-expression.ts";
import type { Labels, Report } from "./check-expression.ts";
import { parseExpression, walk } from "./expression.ts";
import type { Expression } from "./expression.ts";
import type { Finding } from "./finding.ts";
import type { KnownMetrics } from "./known-metrics.ts";

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The rules of a file's text. */
export function readRules(yaml: string): readonly Rule[] {
  const file = parse(yaml) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  return file.groups.flatMap(({ rules }) => rules);
}

/** The names that rules record, with the labels that they give. */
export function recordedBy(rules: readonly Rule[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    rules.flatMap(({ record, labels }) => (record === undefined ? [] : [[record, Object.keys(labels ?? {})]])),
  );
}

export function lintRules(rules: readonly Rule[], known: KnownMetrics): readonly Finding[] {
  const parsed = rules.map((rule) => ({ rule, ...parseRule(rule) }));
  const expressions = parsed.flatMap(({ expression }) => (expression === null ? [] : [expression]));
  return [
    ...parsed.flatMap(({ rule, expression, findings }) => [
      ...findings,
      ...(expression === null ? [] : lintRule(rule, expression, expressions, known)),
    ]),
    ...(rules.some(({ alert, expr }) => alert !== undefined && expr === "vector(1)")
      ? []
      : [
          {
            check: "no-watchdog" as const,
            rule: "",
            text: "no alert fires always: nobody notices when alerting is dead",
          },
        ]),
  ];
}

function nameOf({ alert, record }: Rule): string {
  return alert ?? record ?? "";
}

function parseRule(rule: Rule): { readonly expression: Expression | null; readonly findings: readonly Finding[] } {
  try {
    return { expression: parseExpression(rule.expr), findings: [] };
  } catch (error) {
    return { expression: null, findings: [{ check: "syntax", rule: nameOf(rule), text: String(error) }] };
  }
}

function lintRule(
  rule: Rule,
  expression: Expression,
  all: readonly Expression[],
  known: KnownMetrics,
): readonly Finding[] {
  const findings: Finding[] = [];
  const report: Report = (check, text) => void findings.push({ check, rule: nameOf(rule), text });
  const labels = checkExpression(expression, known, report);
  if (rule.alert === undefined) return findings;
  checkTexts(rule, labels, report);
  checkGuards(expression, known, report);
  checkFileSystems(expression, report);
  checkCompanion(expression, all, report);
  return findings;
}

/** Without a runbook, whoever is woken starts from nothing. */
const wantedAnnotations = ["summary", "description", "runbook_url", "dashboard_url"] as const;

/** https://prometheus.io/docs/prometheus/2.42/configuration/template_reference, and Go's own. */
const templateFunctions = new Set(
  "humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp title toUpper toLower stripPort match reReplaceAll graphLink tableLink parseDuration stripDomain pathPrefix externalURL printf print println html urlquery query first label value sortByLabel".split(
    " ",
  ),
);

function checkTexts({ labels: given = {}, annotations = {} }: Rule, labels: Labels, report: Report): void {
  for (const name of wantedAnnotations) {
    if (annotations[name] === undefined) report("missing-annotation", `no ${name}`);
  }
  for (const name of ["severity", "team"]) if (given[name] === undefined) report("missing-label", `no ${name}`);
  for (const text of Object.values(annotations)) {
    for (const [, name = ""] of text.matchAll(/\$labels\.(\w+)/g)) {
      if (labels?.has(name) !== true) report("template-label-not-there", `the alert has no label ${name}`);
    }
    for (const [, name = ""] of text.matchAll(/\|\s*(\w+)/g)) {
      if (!templateFunctions.has(name)) report("unknown-template-function", `no template function ${name}`);
    }
  }
}

/** A low ratio of three calls is chance, and one of none is nothing. */
function checkGuards(expression: Expression, known: KnownMetrics, report: Report): void {
  if (expression.kind !== "binary" || !expression.operator.startsWith("<")) return;
  const { left } = expression;
  if (left.kind === "selector" && known.get(left.metric)?.isRatio === true) {
    report("ratio-without-guard", `${left.metric} is low by chance where there is little traffic: add a guard`);
  }
}

function checkFileSystems(expression: Expression, report: Report): void {
  const selectors = [...walk(expression)].filter((part) => part.kind === "selector");
  const ofFileSystems = selectors.filter(({ metric }) => metric.startsWith("node_filesystem_"));
  const isFiltered = ofFileSystems.every(({ matchers }) => matchers.some(({ label }) => label === "fstype"));
  const asksReadOnly = ofFileSystems.some(({ metric }) => metric === "node_filesystem_readonly");
  if (ofFileSystems.length > 0 && !(isFiltered && asksReadOnly)) {
    report("unfiltered-file-systems", "images and read-only file systems are full by nature");
  }
}

/** What a comparison finds no more when it vanishes, and what therefore needs an alert on its absence. */
const mustBeThere = new Set(["up", "redis_up", "ccr_provider_health_score"]);

function checkCompanion(expression: Expression, all: readonly Expression[], report: Report): void {
  for (const part of walk(expression)) {
    const isLow = part.kind === "binary" && (part.operator === "<" || part.operator === "==");
    if (!isLow || part.left.kind !== "selector" || !mustBeThere.has(part.left.metric)) continue;
    const { metric, matchers } = part.left;
    const job = matchers.find(({ label }) => label === "job")?.value ?? null;
    if (!all.some((other) => isAbsenceOf(other, metric, job))) {
      report("no-absent-companion", `nothing tells when ${metric}${job === null ? "" : ` of ${job}`} is gone`);
    }
  }
}

function isAbsenceOf(expression: Expression, metric: string, job: string | null): boolean {
  const isAboutIt = (part: Expression | undefined): boolean =>
    part?.kind === "selector" &&
    part.metric === metric &&
    (job === null || part.matchers.some(({ label, value }) => label === "job" && value === job));
  return [...walk(expression)].some(
    (part) =>
      (part.kind === "call" && part.name === "absent" && isAboutIt(part.args[0])) ||
      (part.kind === "binary" && part.operator === "unless" && isAboutIt(part.right)),
  );
}
