/** What an HTTP/1.1 parser or a closed connection means, as the GatewayError that the client and the record shall see. */
import { GatewayError } from "../core/errors.ts";
import type { ExchangePhase } from "./transport-failure.ts";

/** The provider's bytes break the protocol. `reason` is the parser's. */
export function toRefusalError(reason: string, phase: ExchangePhase, origin: string): GatewayError {
  const what =
    phase === "body" ? `${origin} broke the HTTP framing of its answer` : `${origin} did not answer in HTTP/1.1`;
  return new GatewayError("provider_bad_answer", `${what}: ${reason}.`);
}

/** The connection was closed, without an error, before the answer was complete. */
export function toClosedError(phase: ExchangePhase, origin: string): GatewayError {
  if (phase === "body") {
    return new GatewayError("provider_cut_answer", `${origin} closed the connection before its answer was complete.`);
  }
  const when = phase === "connect" ? "while it was being set up" : "before answering";
  return new GatewayError("provider_unreachable", `${origin} closed the connection ${when}.`);
}
