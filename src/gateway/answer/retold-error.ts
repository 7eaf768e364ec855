/** Errors within a stream that passes as it came, which the client is told in other words than the provider's. */
import type { GatewayError } from "../../core/errors/errors.ts";
import type { Dialect } from "../../core/dialect.ts";
import type { StreamedError } from "../../dialects/answer-facts.ts";
import { errorEventStart } from "../../dialects/error-event.ts";
import { inRouterWords } from "../../dialects/errors/own-credentials.ts";
import { toStreamFailure } from "../../providers/classify-failure.ts";

export interface RetoldError {
  /** The events before it. */
  readonly before: Uint8Array;
  readonly told: GatewayError;
}

/** How llama.cpp's server began an error: clients leave such a field unread. */
const unreadField = Buffer.from("error:");

/**
 * The stream's `error`, where it stands in `events` and must be told anew: it refuses the router's own credentials, or no
 * client would read it. `keyHolder`: see `AnswerContext`.
 */
export function findRetoldError(
  dialect: Dialect,
  events: Uint8Array,
  error: StreamedError | null,
  keyHolder: string | null,
): RetoldError | null {
  const start = error === null ? null : errorEventStart(dialect, events);
  if (error === null || start === null) return null;
  const failure = toStreamFailure(error);
  const told = inRouterWords(failure, keyHolder);
  const isRead = !unreadField.equals(events.subarray(start, start + unreadField.length));
  return told === failure && isRead ? null : { before: events.subarray(0, start), told };
}
