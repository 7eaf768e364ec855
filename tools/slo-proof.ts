/**
 * Proves the objectives on a month of samples: thirty days, brought into a real Prometheus with what the recording rules
 * make of them, and the burn-rate alerts asked for at each minute. They must fire and end when the definition says,
 * computed apart from the running totals, and the error budget that is left must be the one of the counts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceLevelTable } from "../src/alerting/service-levels.ts";
import type { SloName } from "../src/alerting/service-levels.ts";
import { readRules } from "./rule-lint/lint-rules.ts";
import type { Rule } from "./rule-lint/lint-rules.ts";
import { expectedSpans, pairsOf, toSpans } from "./slo-proof/expected.ts";
import type { Span } from "./slo-proof/expected.ts";
import { liveThrough, minutesOfMonth, subjects } from "./slo-proof/month.ts";
import type { Totals } from "./slo-proof/month.ts";
import { renderSamples } from "./slo-proof/open-metrics.ts";
import { promtool, startPrometheus } from "./slo-proof/prometheus.ts";
import type { Prometheus } from "./slo-proof/prometheus.ts";

/** 1 October 2026; the proof must not depend on the day it runs. */
const startSeconds = Date.UTC(2026, 9, 1) / 1000;
/** The recorded rates look back over five minutes, so windows begin and end that much softer. */
const toleranceMinutes = 6;
const day = 1440;
const endSeconds = startSeconds + minutesOfMonth * 60;

const rulesIn = (file: string): readonly Rule[] =>
  readRules(readFileSync(join(import.meta.dirname, "../ops/prometheus", file), "utf8"));
const recordings = rulesIn("recording_rules.yml");
const alerts = rulesIn("alert_rules.yml");
const folder = mkdtempSync(join(tmpdir(), "ccr-slo-"));
const totals = Object.fromEntries(subjects.map((subject) => [subject.slo, liveThrough(subject)])) as Record<
  SloName,
  Totals
>;

try {
  importSamples();
  await importRecordings();
  const prometheus = await startPrometheus(folder);
  try {
    process.exitCode = (await compareAll(prometheus)) ? 0 : 1;
  } finally {
    await prometheus.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}

function importSamples(): void {
  importText(renderSamples(totals, startSeconds));
}

/**
 * What reads the router's metrics, evaluated by Prometheus minute by minute and brought in as recorded. Rules that read
 * recorded series are asked for as they stand. (`create-blocks-from rules` makes a block of two hours for each rule: 4,000.)
 */
async function importRecordings(): Promise<void> {
  const prometheus = await startPrometheus(folder);
  const lines: string[] = [];
  try {
    for (const { record, expr, labels } of recordings.filter((rule) => !rule.expr.includes("slo:"))) {
      lines.push(`# TYPE ${record} unknown`);
      for (const [time, value] of await prometheus.samples(expr, startSeconds + 300, endSeconds)) {
        lines.push(`${record}{slo="${labels?.["slo"]}"} ${value} ${time}`);
      }
    }
  } finally {
    await prometheus.close();
  }
  importText(`${lines.sort(byRecord).join("\n")}\n# EOF\n`);
}

/** A family's lines stand together. */
function byRecord(a: string, b: string): number {
  const nameOf = (line: string): string => line.replace("# TYPE ", "").split(/[ {]/)[0]!;
  return nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0;
}

/** Blocks of a week: promtool reads its input anew for each. */
function importText(text: string): void {
  const file = join(folder, "samples.txt");
  writeFileSync(file, text);
  const flags = ["--max-block-duration=162h", "--quiet"];
  promtool("tsdb", "create-blocks-from", "openmetrics", ...flags, file, join(folder, "data"));
}

async function compareAll(prometheus: Prometheus): Promise<boolean> {
  let isRight = true;
  for (const { slo, budget } of subjects) {
    const { alertPrefix } = serviceLevelTable.find((level) => level.slo === slo)!;
    for (const kind of ["FastBurn", "SlowBurn"] as const) {
      const name = `${alertPrefix}${kind}`;
      const seen = await firingSpans(prometheus, name);
      const wanted = expectedSpans(totals[slo], budget, pairsOf[kind]);
      isRight = tellSpans(name, wanted, seen) && isRight;
    }
    isRight = (await compareBudget(prometheus, slo, budget)) && isRight;
  }
  return isRight;
}

async function firingSpans(prometheus: Prometheus, name: string): Promise<readonly Span[]> {
  const minutes = new Set<number>();
  for (const { expr } of alerts.filter(({ alert }) => alert === name)) {
    for (const [time] of await prometheus.samples(inlined(expr), startSeconds + 10 * 60, endSeconds)) {
      minutes.add((time - startSeconds) / 60);
    }
  }
  return toSpans([...minutes].sort((a, b) => a - b));
}

/** Recorded ratios as what records them. */
function inlined(expr: string): string {
  return expr.replaceAll(/(slo:error_ratio:rate\w+)\{slo="(\w+)"\}/g, (whole, record: string, slo: string) => {
    const rule = recordings.find((one) => one.record === record && one.labels?.["slo"] === slo);
    return rule === undefined ? whole : `(${rule.expr})`;
  });
}

function tellSpans(name: string, wanted: readonly Span[], seen: readonly Span[]): boolean {
  const isRight =
    wanted.length > 0 &&
    wanted.length === seen.length &&
    wanted.every(({ fromMinute, toMinute }, place) => {
      const { fromMinute: from, toMinute: to } = seen[place]!;
      return Math.abs(from - fromMinute) <= toleranceMinutes && Math.abs(to - toMinute) <= toleranceMinutes;
    });
  console.log(`${isRight ? "ok    " : "FAILED"} ${name}`);
  for (let place = 0; place < Math.max(wanted.length, seen.length); place++) {
    console.log(`         computed ${formatSpan(wanted[place])}   Prometheus ${formatSpan(seen[place])}`);
  }
  return isRight;
}

async function compareBudget(prometheus: Prometheus, slo: SloName, budget: number): Promise<boolean> {
  const rule = recordings.find(
    ({ record, labels }) => record === "slo:error_budget_remaining:ratio" && labels?.["slo"] === slo,
  )!;
  const left = await prometheus.value(inlined(rule.expr), endSeconds);
  const { all, bad } = totals[slo];
  const computed = 1 - bad[minutesOfMonth]! / all[minutesOfMonth]! / budget;
  const isRight = Math.abs(left - computed) < 0.005;
  console.log(
    `${isRight ? "ok    " : "FAILED"} error budget of ${slo} left: computed ${computed.toFixed(4)}   Prometheus ${left.toFixed(4)}`,
  );
  return isRight;
}

function formatSpan(span: Span | undefined): string {
  if (span === undefined) return "none".padEnd(25);
  const moment = (minute: number): string =>
    `day ${String(Math.floor(minute / day) + 1).padStart(2)} ${String(Math.floor((minute % day) / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
  return `${moment(span.fromMinute)} to ${moment(span.toMinute)}`;
}
