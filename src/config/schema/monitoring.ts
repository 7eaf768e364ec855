/** Settings of what the router tells of itself: metrics, traces, telemetry, logs. */
import { z } from "zod";
import type { LogLevel } from "../../core/log/logging.ts";
import { decimal, flag, headers, httpUrl, milliseconds, orNull, text, wholeNumber } from "./values.ts";

export interface MonitoringConfig {
  readonly userLabelLimit: number;
  readonly traces: { readonly sampleRatio: number; readonly maxKept: number };
  readonly otlp: { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> } | null;
  readonly telemetryForward: string | null;
  /** Absolute path. */
  readonly heapSnapshotDir: string;
  readonly heapSnapshotNearLimit: boolean;
  readonly probeEveryMs: number | null;
}

export interface LoggingConfig {
  readonly level: LogLevel;
  /** Absolute path. */
  readonly file: string;
}

export const monitoringSchema: z.ZodType<MonitoringConfig> = z
  .strictObject({
    userLabelLimit: wholeNumber(0, 10_000).default(50).describe("Users with metrics of their own; the rest share one."),
    traces: z
      .strictObject({
        sampleRatio: decimal(0, 1)
          .default(0.05)
          .describe("Share of ordinary calls kept; slow and failed ones all are."),
        maxKept: wholeNumber(1)
          .default(500)
          .describe("Traces kept for `/debug/traces`, of failed, slow and ordinary calls each."),
      })
      .prefault({})
      .describe("Traces of calls."),
    otlp: orNull(
      z.strictObject({
        endpoint: httpUrl().describe("Where to send."),
        headers: headers().prefault({}).describe("Headers to send along."),
      }),
    ).describe("OpenTelemetry collector for traces."),
    telemetryForward: orNull(httpUrl()).describe("Collector that gets on Claude Code's own telemetry."),
    heapSnapshotDir: text().default("<state>/heap").describe("Folder for heap snapshots."),
    heapSnapshotNearLimit: flag()
      .default(false)
      .describe("Whether one is written shortly before memory runs out, to the working folder."),
    probeEveryMs: orNull(milliseconds()).describe(
      "How often each provider is asked for its list of models, which is free, to notice trouble before calls do.",
    ),
  })
  .prefault({})
  .describe("Metrics, traces, telemetry.");

export const loggingSchema: z.ZodType<LoggingConfig> = z
  .strictObject({
    level: z
      .enum(["debug", "info", "warn", "error", "silent"])
      .default("info")
      .describe("Least important lines to write. `CCR_LOG_LEVEL` wins over it."),
    file: text().default("logs/error.log").describe("File for warnings and errors."),
  })
  .prefault({})
  .describe("Structured logs: JSON lines.");
