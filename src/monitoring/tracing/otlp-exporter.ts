/**
 * Sends traces to an OTLP/HTTP endpoint: in batches, from a bounded queue, a few times when it fails. A collector
 * that is away costs traces, never memory and never a call.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../../core/log/logging.ts";
import { parseJson, toJsonObject, toText } from "../../core/json/json.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import type { CallRecord } from "../../core/record.ts";
import { toOtlpJson } from "./otlp-json.ts";
import type { OtlpResource } from "./otlp-json.ts";
import { spansOfCall } from "./spans-of-call.ts";

export interface OtlpExporterOptions {
  /** The collector's base (`http://127.0.0.1:4318`) or the full path of its traces. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: OtlpResource;
  readonly logger: Logger;
  /** Waiting before the first repetition; doubled for each further one. */
  readonly retryDelayMs?: number;
  /** For all that is still queued when the router stops. */
  readonly closeLimitMs?: number;
}

const flushEveryMs = 5_000;
const maxQueue = 2_048;
/** Traces at once: to write so many down holds up calls for about a millisecond. */
const maxBatch = 32;
const maxTries = 4;
const requestTimeoutMs = 10_000;
/** What OTLP allows to be sent again: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class OtlpTraceExporter {
  readonly #url: string;
  readonly #options: OtlpExporterOptions;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #closing = new AbortController();
  readonly #closed = new AbortController();
  #queue: CallRecord[] = [];
  #sent = 0;
  #dropped = 0;
  #sending: Promise<void> | null = null;

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
    this.#url = tracesUrl(options.endpoint);
    this.#logger = options.logger.child({ component: "otlp" });
    this.#timer = setInterval(() => void this.flush(), flushEveryMs).unref();
  }

  /** Queues a call's trace. When the queue is full the newest is dropped and counted. */
  add(record: CallRecord): void {
    if (this.#queue.length >= maxQueue) {
      this.#dropped++;
      return;
    }
    this.#queue.push(record);
    if (this.#queue.length >= maxBatch) void this.flush();
  }

  /** Traces since the start, for ccr_traces_exported_total. */
  counts(): { readonly sent: number; readonly dropped: number } {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  /** Sends what is queued; resolves when it was taken or dropped. Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Tries once more to send what is queued, then ends: a collector that hangs must not hold up the router's stop. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    const stop = (): void => this.#closed.abort(new Error("the router stopped"));
    const limit = setTimeout(stop, this.#options.closeLimitMs ?? 1_000);
    await this.flush();
    await this.flush();
    clearTimeout(limit);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, maxBatch);
      if (await this.#send(batch)) this.#sent += batch.length;
      else this.#dropped += batch.length;
    }
  }

  async #send(batch: readonly CallRecord[]): Promise<boolean> {
    const body = JSON.stringify(toOtlpJson(batch.flatMap(spansOfCall), this.#options.resource));
    let problem = "";
    for (let attempt = 0; attempt < maxTries; attempt++) {
      // While closing there is no time to wait: one try is all.
      if (attempt > 0 && (this.#closing.signal.aborted || !(await this.#pause(attempt)))) break;
      const outcome = await this.#post(body);
      if (outcome.kind === "taken") return true;
      problem = outcome.problem;
      if (outcome.kind === "refused") break;
    }
    this.#logger.warn({ url: this.#url, problem, traces: batch.length }, "the collector did not take traces");
    return false;
  }

  async #post(body: string): Promise<{ kind: "taken" } | { kind: "failed" | "refused"; problem: string }> {
    try {
      const answer = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", ...this.#options.headers },
        body,
        // Followed, a post becomes a question without a body, and the collector's key goes along to any host.
        redirect: "manual",
        signal: AbortSignal.any([this.#closed.signal, AbortSignal.timeout(requestTimeoutMs)]),
      });
      const text = await answer.text();
      if (answer.ok) {
        this.#tellPartialSuccess(text);
        return { kind: "taken" };
      }
      return { kind: retryableStatuses.has(answer.status) ? "failed" : "refused", problem: `status ${answer.status}` };
    } catch (error) {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      return { kind: "failed", problem: messageOf(cause) };
    }
  }

  /** A collector may take a batch and throw spans of it away: https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
  #tellPartialSuccess(answer: string): void {
    const { rejectedSpans, errorMessage } = toJsonObject(toJsonObject(parseJson(answer)).partialSuccess);
    if (Number(rejectedSpans ?? 0) === 0 && toText(errorMessage) === "") return;
    this.#logger.warn({ url: this.#url, rejectedSpans, errorMessage }, "the collector took traces, but not all of it");
  }

  /** Waits before a repetition; false where closing interrupts it. */
  #pause(attempt: number): Promise<boolean> {
    const delayMs = (this.#options.retryDelayMs ?? 1_000) * 2 ** (attempt - 1);
    return wait(delayMs, true, { ref: false, signal: this.#closing.signal }).catch(() => false);
  }
}

/** A base address means its `/v1/traces`, as OTEL_EXPORTER_OTLP_ENDPOINT does. */
function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith("/v1/traces")) url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  return url.href;
}
