/** Traces of calls: chooses those worth keeping, keeps them for the operators, sends them to a collector. */
import type { CallRecord } from "../../core/record.ts";
import { traceIdOf } from "../trace-id.ts";
import { OtlpTraceExporter } from "./otlp-exporter.ts";
import type { OtlpExporterOptions } from "./otlp-exporter.ts";
import { chooseTrace } from "./trace-selection.ts";
import { TraceStore } from "./trace-store.ts";
import type { RunningTrace } from "./trace-store.ts";

export interface CallTracingOptions {
  /** Share of ordinary calls whose trace is kept, 0..1. */
  readonly sampleRatio?: number;
  /** Finished traces kept of each kind: failed, slow, sampled. */
  readonly maxKept?: number;
  readonly running?: () => Iterable<RunningTrace>;
  /** A collector; none if left out. */
  readonly otlp?: OtlpExporterOptions;
}

export class CallTracing {
  readonly store: TraceStore;
  readonly #sampleRatio: number;
  readonly #exporter: OtlpTraceExporter | null;

  constructor(options: CallTracingOptions = {}) {
    this.store = new TraceStore(options.maxKept ?? 200, options.running);
    this.#sampleRatio = options.sampleRatio ?? 0.05;
    this.#exporter = options.otlp === undefined ? null : new OtlpTraceExporter(options.otlp);
  }

  /** Takes a finished call. */
  observe(record: CallRecord): void {
    const choice = chooseTrace(record, traceIdOf(record), this.#sampleRatio);
    if (choice === null) return;
    this.store.keep(record, choice);
    this.#exporter?.add(record);
  }

  counts(): { readonly sent: number; readonly dropped: number } {
    return this.#exporter?.counts() ?? { sent: 0, dropped: 0 };
  }

  async close(): Promise<void> {
    await this.#exporter?.close();
  }
}
