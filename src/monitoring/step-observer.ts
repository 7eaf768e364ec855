/** The steps of a finished call as metrics: where its time went. */
import type { CallRecord } from "../core/record.ts";
import * as labels from "./catalog/labels.ts";
import type { LabelDomain } from "./series/label-domain.ts";
import type { MetricSet } from "./series/metric-set.ts";
import type { HistogramSeries } from "./series/series.ts";

export class StepObserver {
  readonly #durations: HistogramSeries;
  readonly #steps: LabelDomain;
  readonly #attempt: number;

  constructor(set: MetricSet) {
    this.#durations = set.histogram("ccr_step_duration_seconds");
    this.#steps = set.domain(labels.step);
    this.#attempt = this.#steps.idOf("attempt");
  }

  observe({ steps = [], attempts }: Pick<CallRecord, "steps" | "attempts">): void {
    for (const { name, durationMs } of steps) this.#add(this.#steps.idOf(name), durationMs);
    for (const { durationMs } of attempts) this.#add(this.#attempt, durationMs);
  }

  #add(step: number, durationMs: number): void {
    this.#durations.observe(this.#durations.row(step), durationMs / 1000);
  }
}
