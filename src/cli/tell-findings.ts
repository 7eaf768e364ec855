/** Findings and diagnoses for people, and their exit codes. */
import type { Diagnosis } from "../playbooks/investigate/diagnosis.ts";
import { formatCount, formatShare } from "../playbooks/figures.ts";
import { verdictExitCodes, verdictOf } from "../playbooks/finding.ts";
import type { Finding, FindingStatus, Verdict } from "../playbooks/finding.ts";
import type { LogFigures } from "../playbooks/probe-log.ts";
import type { CommandContext } from "./arguments/command-context.ts";
import type { Output, Style } from "./output/output.ts";

const marks: Readonly<Record<FindingStatus, { readonly word: string; readonly style: Style }>> = {
  ok: { word: "ok", style: "green" },
  warning: { word: "WARNING", style: "yellow" },
  critical: { word: "CRITICAL", style: "red" },
  skipped: { word: "skipped", style: "dim" },
};

/** A table of all, then what to do about what is not fine. */
function tellFindings(output: Output, findings: readonly Finding[]): void {
  output.table(
    findings.map(({ check, status, summary }) => {
      const { word, style } = marks[status];
      return [output.style(style, word), check, summary];
    }),
  );
  const open = findings.filter(({ status, remedy }) => status !== "ok" && remedy !== null);
  if (open.length === 0) return;
  output.line();
  output.line(output.style("bold", "What to do"));
  for (const { check, remedy } of open) output.line(`- ${check}: ${remedy}`);
}

function styleVerdict(output: Output, verdict: Verdict): string {
  const { word, style } = marks[verdict];
  return output.style(style, verdict === "ok" ? "fine" : word.toLowerCase());
}

/** Prints findings, and a last line; answers the exit code. */
export function reportFindings(
  { output }: CommandContext,
  findings: readonly Finding[],
  json: boolean,
  about: { readonly score?: number } = {},
): number {
  const verdict = verdictOf(findings);
  if (json) output.json({ verdict, ...about, findings });
  else {
    tellFindings(output, findings);
    output.line();
    const score = about.score === undefined ? "" : `score ${about.score}/100: `;
    output.line(`${score}${styleVerdict(output, verdict)}`);
  }
  return verdictExitCodes[verdict];
}

/** Prints a diagnosis, and what the router's error log says; answers the exit code. */
export function reportDiagnosis(
  { output }: CommandContext,
  diagnosis: Diagnosis,
  json: boolean,
  log: LogFigures | null = null,
): number {
  const { verdict, headline, figures, causes } = diagnosis;
  if (json) {
    output.json(log === null ? diagnosis : { ...diagnosis, log });
    return verdictExitCodes[verdict];
  }
  output.line(`${styleVerdict(output, verdict)}: ${headline}`);
  output.line();
  output.table(
    figures.map(({ name, now, before }) => [name, now, before ?? "-"]),
    ["", "now", "before"],
  );
  for (const { title, share, evidence, remedies } of causes) {
    output.line();
    output.line(`${output.style("bold", title)} (explains ${formatShare(share)})`);
    for (const line of evidence) output.line(`  ${line}`);
    for (const line of remedies) output.line(`  -> ${line}`);
  }
  if (log !== null) tellLog(output, log);
  return verdictExitCodes[verdict];
}

/** How many warnings and errors there were, and the newest of them. */
function tellLog(output: Output, { path, warnings, errors, newest }: LogFigures): void {
  output.line();
  const counts = `${formatCount(errors)} errors and ${formatCount(warnings)} warnings in the last 15 minutes`;
  output.line(`${output.style("bold", "log")}: ${counts} (${path})`);
  if (newest.length === 0) return;
  output.table(newest.map(({ time, level, message }) => [`  ${time}`, level, message]));
}
