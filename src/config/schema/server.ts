/** Settings of the server itself: where it listens, how it retries and streams. */
import { z } from "zod";
import type { BreakerSettings, RetrySettings } from "../../core/failure-settings.ts";
import { decimal, milliseconds, text, wholeNumber } from "./values.ts";

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly maxCalls: number;
  readonly gracePeriodMs: number;
  readonly workers: number | "auto";
}

export interface RetriesConfig extends RetrySettings {
  readonly maxTargets: number;
}

export interface StreamConfig {
  readonly pingAfterMs: number;
}

export const serverSchema: z.ZodType<ServerConfig> = z
  .strictObject({
    host: text()
      .default("127.0.0.1")
      .describe("Address to listen on. Anything but a loopback address asks for keys. `CCR_HOST` wins over it."),
    port: wholeNumber(0, 65_535)
      .default(3456)
      .describe("Port to listen on; 0 takes a free one. `CCR_PORT` wins over it."),
    bodyLimitBytes: wholeNumber(1024).default(33_554_432).describe("Largest request body, after decompression."),
    requestTimeoutMs: milliseconds().default(120_000).describe("Time for a request's whole body to arrive."),
    maxCalls: wholeNumber(1)
      .default(5000)
      .describe(
        "Calls in flight at once; more are refused with 529. Of what others leave, at most half may be one key's whose bodies are still coming; more of these are refused with 429.",
      ),
    gracePeriodMs: milliseconds()
      .default(30_000)
      .describe("Time that running calls get to finish when the router stops."),
    workers: z
      .union([z.literal("auto"), wholeNumber(1, 256)])
      .default(1)
      .describe("Processes that serve calls; `auto` takes one a core."),
  })
  .prefault({})
  .describe("The server that clients call.");

export const retriesSchema: z.ZodType<RetriesConfig> = z
  .strictObject({
    attemptsPerTarget: wholeNumber(1, 10).default(2).describe("Tries at one target before the next one's turn."),
    baseDelayMs: milliseconds().default(500).describe("Wait before the second try; doubles each time, with jitter."),
    maxDelayMs: milliseconds().default(8000).describe("Longest wait between two tries."),
    maxRetryAfterMs: milliseconds()
      .default(10_000)
      .describe("A provider's `retry-after` up to this is waited for; a longer one goes to the next target."),
    maxTargets: wholeNumber(1, 20).default(4).describe("Targets tried for one call."),
  })
  .prefault({})
  .describe("What happens when a provider fails before anything of its answer reached the client.");

export const breakerSchema: z.ZodType<BreakerSettings> = z
  .strictObject({
    failureThreshold: wholeNumber(1).default(5).describe("Failures in a row that open a target's breaker."),
    failureRatio: decimal(0.01, 1).default(0.5).describe("Share of failures in the window that opens it."),
    minimumCalls: wholeNumber(1).default(20).describe("Calls in the window before the share counts."),
    windowMs: milliseconds().default(60_000).describe("Length of the window."),
    openMs: milliseconds()
      .default(30_000)
      .describe(
        "How long it stays open before it lets probes through; for calls that have no other target 1 s, doubled by each failed probe.",
      ),
    halfOpenProbes: wholeNumber(1)
      .default(1)
      .describe("Probes at once, and how many of them must succeed to close it."),
  })
  .prefault({})
  .describe("The circuit breaker that each target has.");

export const streamSchema: z.ZodType<StreamConfig> = z
  .strictObject({
    pingAfterMs: milliseconds()
      .default(15_000)
      .describe("Silence of a living provider after which the client gets a ping (Claude Code warns at 20 s)."),
  })
  .prefault({})
  .describe("Streamed answers.");
