/** Passes clients' telemetry on to a collector, unchanged. What the collector does not take in time is dropped. */
import type { Logger } from "../../core/log/logging.ts";
import type { TelemetryRequest } from "./telemetry-event.ts";

const maxInFlight = 32;
const timeoutMs = 10_000;

export class TelemetryForwarder {
  readonly #base: string;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  #dropped = 0;

  /** `endpoint`: the collector's base, `http://127.0.0.1:4318`. */
  constructor(endpoint: string, logger: Logger) {
    this.#base = endpoint.replace(/\/$/, "");
    this.#logger = logger.child({ component: "telemetry" });
  }

  /** Sends a request on in the background. */
  forward(request: TelemetryRequest): void {
    if (this.#inFlight.size >= maxInFlight) {
      this.#dropped++;
      return;
    }
    const sending = this.#send(request).finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
  }

  /** Requests that were not passed on. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Gives what is on its way a last moment, then ends. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.#closing.abort(), 1_000);
    await Promise.allSettled(this.#inFlight);
    clearTimeout(timer);
  }

  async #send({ path, contentType, body }: TelemetryRequest): Promise<void> {
    const headers: Record<string, string> = contentType === undefined ? {} : { "content-type": contentType };
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]);
      const request = { method: "POST", headers, body: Buffer.from(body), signal };
      // Followed, a post becomes a question without a body.
      const answer = await fetch(`${this.#base}${path}`, { ...request, redirect: "manual" });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
    } catch (error) {
      this.#dropped++;
      this.#logger.warn({ error }, "telemetry could not be passed on");
    }
  }
}
