/**
 * docs/performance.md: written from the kept results; what people wrote between its markers stays.
 *
 * A kept part stands between `<!-- kept: name -->` and `<!-- /kept: name -->`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { absoluteTable, figureTable, markdownTable } from "./outcome-table.ts";
import { docsFolder, loadResult } from "./results.ts";
import type { ComparisonResult, RunFacts, TableResult } from "./results.ts";
import { servers } from "../servers/all.ts";

const keptParts = ["reading", "steps", "tried"] as const;

type KeptPart = (typeof keptParts)[number];

const firstWords: Readonly<Record<KeptPart, string>> = {
  reading: "Notes on these numbers go here; runs leave this part alone.",
  steps: "Notes on the steps go here; runs leave this part alone.",
  tried: "| what was tried | what it brought |\n| --- | --- |",
};

/** Writes the page anew from everything in docs/performance/. */
export function writePerformancePage(): void {
  const file = path.join(docsFolder, "performance.md");
  writeFileSync(file, renderPage(readIfThere(file)));
}

function renderPage(before: string): string {
  const comparison = loadResult("comparison");
  const parts = [
    "# Performance",
    "Written by `npm run bench`, `bench:full`, `node bench/growth.ts`, `node bench/steps.ts` and `npm run soak`. Numbers of\n" +
      "one run compare with each other, not with those of another machine or day.",
    comparison === null ? "" : comparisonPart(comparison),
    kept("reading", before),
    tablePart("How cost grows", loadResult("growth")),
    tablePart("What a call costs by step", loadResult("steps")),
    kept("steps", before),
    "## What was tried and what it brought",
    kept("tried", before),
    tablePart("Soak", loadResult("soak")),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function comparisonPart(result: ComparisonResult): string {
  const labels = Object.fromEntries(servers.map(({ name, label }) => [name, label]));
  const problems = result.outcomes.flatMap(({ name, problems }) => problems.map((problem) => `- ${name}: ${problem}`));
  return [
    "## Side by side",
    `${result.isFull ? "Full" : "Short"} run, ${Math.round(result.durationSeconds)} s. ${factsLine(result)}`,
    figureTable(result.outcomes),
    "Each figure is the median of the rounds' own ratios, the spread their lowest and highest. Rounds are interleaved:\n" +
      "every server once, then every server again. One server at a time is under load, alone on core 0; wrk, the stream\n" +
      "load and the simulated providers share core 1. CPU time is user and system time of all threads of the server's\n" +
      "process, from /proc. This router runs with a key, routing, metrics, breaker, record, ledger and log on; nginx does\n" +
      "none of this and is the yardstick of what moving the bytes costs. Before anything counts, each program for Node serves\n" +
      "bursts of three seconds until two in a row are no cheaper a request than those before and 100,000 calls are served, ten at most.",
    ...(result.absent.length === 0 ? [] : [`Absent: ${result.absent.join("; ")}.`]),
    ...(problems.length === 0 ? [] : [`Went wrong:\n${problems.join("\n")}`]),
    "### How each was measured",
    markdownTable(
      ["work", "method"],
      result.outcomes.map(({ name, method }) => [name, method]),
    ),
    "### Absolute numbers of this run",
    absoluteTable(result.outcomes, labels),
  ].join("\n\n");
}

function tablePart(title: string, result: TableResult | null): string {
  if (result === null) return "";
  return [`## ${title}`, `${result.method} ${factsLine(result)}`, markdownTable(result.header, result.rows)].join(
    "\n\n",
  );
}

function factsLine({ machine, finishedAt, isPinned }: RunFacts): string {
  const noise =
    machine.loadAtStart > 0.3
      ? `The machine was not idle (load ${machine.loadAtStart} as the run began): take the figures with their spread.`
      : `The machine was idle (load ${machine.loadAtStart}).`;
  return (
    `${finishedAt.slice(0, 10)}, ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, Linux ${machine.kernel}, ` +
    `Node ${machine.node}, nginx ${machine.nginx}, wrk ${machine.wrk}. ${noise}` +
    (isPinned ? "" : " Nothing could be pinned to a core here.")
  );
}

function kept(name: KeptPart, before: string): string {
  const [open, close] = [`<!-- kept: ${name} -->`, `<!-- /kept: ${name} -->`];
  const start = before.indexOf(open);
  const end = before.indexOf(close);
  const text = start < 0 || end < start ? firstWords[name] : before.slice(start + open.length, end).trim();
  return `${open}\n${text}\n${close}`;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
