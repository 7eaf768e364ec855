/** Runs a work item in interleaved rounds (A B C, A B C, …) and judges its figure. */
import type { RunningServer, ServerName } from "../servers/server.ts";
import type { Bench, Goal, Round, Sample, WorkItem } from "../work/work-item.ts";
import { median } from "./statistics.ts";
import { messageOf } from "../../src/core/errors/message-of.ts";

export type Verdict = "stretch" | "met" | "missed" | "not measured";

/** A work item's outcome, as it is kept in docs/performance/. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly method: string;
  readonly goal: Goal;
  readonly rounds: number;
  /** Median, lowest and highest of the rounds' figures; null where nothing was measured. */
  readonly figure: { readonly median: number; readonly lowest: number; readonly highest: number } | null;
  readonly verdict: Verdict;
  /** Medians of each server, in the item's own metrics. */
  readonly servers: readonly { readonly server: ServerName; readonly values: readonly NamedValue[] }[];
  /** What went wrong, each once. */
  readonly problems: readonly string[];
}

export interface NamedValue {
  readonly label: string;
  readonly value: number;
}

export async function runWorkItem(
  item: WorkItem,
  running: readonly RunningServer[],
  bench: Bench,
  rounds: number,
): Promise<Outcome> {
  const taking = running.filter(({ name }) => item.needs.includes(name) || item.alsoOf.includes(name));
  const problems = new Set<string>();
  const results: Round[] = [];
  for (let index = 0; index < rounds; index++) {
    const round: Partial<Record<ServerName, Sample>> = {};
    for (const server of taking) {
      try {
        round[server.name] = await item.measure(server, bench);
      } catch (error) {
        problems.add(messageOf(error));
      }
    }
    results.push(round);
  }
  return toOutcome(item, taking, results, [...problems]);
}

function toOutcome(
  item: WorkItem,
  taking: readonly RunningServer[],
  results: readonly Round[],
  problems: readonly string[],
): Outcome {
  const figures = results.map((round) => item.figure(round)).filter((figure) => Number.isFinite(figure));
  const figure =
    figures.length === 0
      ? null
      : { median: median(figures), lowest: Math.min(...figures), highest: Math.max(...figures) };
  const servers = taking.map(({ name }) => ({
    server: name,
    values: item.metrics.flatMap(({ key, label }) => {
      const values = results.map((round) => round[name]?.[key] ?? Number.NaN).filter((value) => Number.isFinite(value));
      return values.length === 0 ? [] : [{ label, value: median(values) }];
    }),
  }));
  const { name, title, method, goal } = item;
  const verdict = figure === null ? "not measured" : judge(figure.median, goal);
  return { name, title, method, goal, rounds: results.length, figure, verdict, servers, problems };
}

/** Where a figure stands against its goal. */
export function judge(figure: number, goal: Goal): Verdict {
  const reaches = (limit: number): boolean => (goal.better === "lower" ? figure <= limit : figure >= limit);
  if (goal.stretch !== null && reaches(goal.stretch)) return "stretch";
  return reaches(goal.target) ? "met" : "missed";
}
