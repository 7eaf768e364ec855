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
  readonly sampleRatio: number;
  /** Finished traces kept of each kind: failed, slow, sampled. */
  readonly maxKept: number;
  /** The calls being served. */
  readonly running: () => Iterable<RunningTrace>;
  /** A collector; null for none. */
  readonly otlp: OtlpExporterOptions | null;
}

export class CallTracing {
  readonly store: TraceStore;
  readonly #sampleRatio: number;
  readonly #exporter: OtlpTraceExporter | null;

  constructor({ sampleRatio, maxKept, running, otlp }: CallTracingOptions) {
    this.store = new TraceStore(maxKept, running);
    this.#sampleRatio = sampleRatio;
    this.#exporter = otlp === null ? null : new OtlpTraceExporter(otlp);
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
