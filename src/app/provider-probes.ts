/**
 * Asks each provider for its list of models now and then, where the operator wants to know of trouble before a call
 * meets it. The list is free at every provider that has one; nothing that is billed is ever asked for.
 */
import { toGatewayError } from "../core/errors/errors.ts";
import type { Clock } from "../core/time/clock.ts";
import type { ProbeFailure } from "../monitoring/health/provider-health.ts";
import { classifyFailure, toFailureError } from "../providers/classify-failure.ts";
import type { Provider } from "../providers/provider.ts";

export interface ProviderProbesOptions {
  readonly everyMs: number;
  readonly clock: Clock;
  /** The providers of the moment. */
  readonly providers: () => Iterable<Provider>;
  /** `failure` null: it answered. */
  readonly tell: (provider: string, failure: ProbeFailure | null) => void;
}

const longestMs = 10_000;

export class ProviderProbes {
  readonly #options: ProviderProbesOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: ProviderProbesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      for (const provider of options.providers()) void this.#probe(provider);
    }, options.everyMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Never rejects. A provider without such a list, or without a credential of ours that is free, is left alone. */
  async #probe(provider: Provider): Promise<void> {
    const { clock, tell } = this.#options;
    const path = provider.path("models", provider.dialects[0]!, "");
    const taken = provider.credentials.take(clock.nowMs(), []);
    if (path === null || provider.isPassthrough || taken.kind === "cooling") return;
    const limits = { connectMs: longestMs, firstByteMs: longestMs, betweenBytesMs: longestMs };
    const exchange = provider.upstream.send({
      method: "GET",
      path,
      headers: { ...provider.headers, ...taken.credential.headers, "accept-encoding": "identity" },
      body: null,
      timeouts: limits,
    });
    try {
      const { status, headers } = (await exchange.answer).head;
      const error = status < 400 ? null : toFailureError(classifyFailure(status, headers, "", clock.nowMs()));
      tell(provider.name, error);
    } catch (error) {
      tell(provider.name, toGatewayError(error));
    } finally {
      // The head says enough.
      exchange.abort();
    }
  }
}
