/** Outcomes as a Markdown table, which reads well in a terminal too. */
import type { Outcome, Verdict } from "../rig/rounds.ts";
import type { Goal } from "../work/work-item.ts";

const verdictWords: Readonly<Record<Verdict, string>> = {
  stretch: "yes, stretch",
  met: "yes",
  missed: "**no**",
  "not measured": "not measured",
};

/** Rows of cells as a Markdown table with even columns. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, column) =>
    Math.max(cell.length, 3, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** The judged figures. */
export function figureTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => [
    outcome.title,
    goalWords(outcome.goal),
    outcome.figure === null ? "–" : withUnit(outcome.figure.median, outcome.goal.unit),
    verdictWords[outcome.verdict],
    outcome.figure === null ? "–" : `${digits(outcome.figure.lowest)}–${digits(outcome.figure.highest)}`,
    String(outcome.rounds),
  ]);
  return markdownTable(["work", "goal (stretch)", "figure", "met", "spread", "rounds"], rows);
}

/** What each server did, in absolute numbers: true for this machine and hour only. */
export function absoluteTable(outcomes: readonly Outcome[], labels: Readonly<Record<string, string>>): string {
  const rows = outcomes.flatMap((outcome) =>
    outcome.servers.map(({ server, values }) => [
      outcome.name,
      labels[server] ?? server,
      values.map(({ label, value }) => `${label} ${digits(value)}`).join(", ") || "–",
    ]),
  );
  return markdownTable(["work", "server", "medians"], rows);
}

/** Three significant digits, no exponent. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const decimals = Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(decimals);
}

function goalWords(goal: Goal): string {
  const word = goal.better === "lower" ? "≤" : "≥";
  if (goal.note !== undefined) return `${word} ${goal.note}`;
  const stretch = goal.stretch === null ? "" : ` (${withUnit(goal.stretch, goal.unit)})`;
  return `${word} ${withUnit(goal.target, goal.unit)}${stretch}`;
}

function withUnit(value: number, unit: string): string {
  return unit === "×" ? `${digits(value)}×` : `${digits(value)} ${unit}`;
}
