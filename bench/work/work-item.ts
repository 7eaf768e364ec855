/** What a work item is: something that is measured of several servers in turn, and one figure that is judged. */
import type { Providers } from "../rig/providers.ts";
import type { RunningServer, ServerName } from "../servers/server.ts";

export type Sample = Readonly<Record<string, number>>;

/** The samples of one round; a server that is absent has none. */
export type Round = Readonly<Partial<Record<ServerName, Sample>>>;

export interface Goal {
  /** A figure at most this (`lower`) or at least this (`higher`) meets the goal. */
  readonly target: number;
  readonly stretch: number | null;
  readonly better: "lower" | "higher";
  /** What the figure counts: `×` for a ratio, else a unit. */
  readonly unit: string;
  /** The goal in words, where a number and its unit do not say all. */
  readonly note?: string;
}

export interface Metric {
  readonly key: string;
  readonly label: string;
}

export interface Bench {
  readonly isFull: boolean;
  readonly providers: Providers;
  /** Starts a server anew, apart from the one that the rounds use. Rejects where it cannot run here. */
  startFresh(name: ServerName): Promise<RunningServer>;
}

export interface WorkItem {
  /** Its file's name. */
  readonly name: string;
  readonly title: string;
  /** What is done, in a sentence; the short run's smaller numbers included. */
  readonly method: string;
  readonly goal: Goal;
  /** Servers that the figure needs. */
  readonly needs: readonly ServerName[];
  /** Peers that are measured too, for comparison. */
  readonly alsoOf: readonly ServerName[];
  /** Rounds in the short run; the full one makes at least five of everything. */
  readonly shortRounds: number;
  /** What the table shows of each server. */
  readonly metrics: readonly Metric[];
  measure(server: RunningServer, bench: Bench): Promise<Sample>;
  /** The judged figure of one round; NaN where a sample is missing. */
  figure(round: Round): number;
}

/** A metric of a server in a round; NaN if it was not measured. */
export function metricOf(round: Round, server: ServerName, key: string): number {
  return round[server]?.[key] ?? Number.NaN;
}

/** A sample that is a plain record of what a run measured. */
export function toSample(measured: object): Sample {
  return Object.fromEntries(Object.entries(measured).filter(([, value]) => typeof value === "number")) as Sample;
}
