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

/** A field that clients leave unread: llama.cpp's server wrote its errors so. */
const unreadField = /^error:/;

/** What clients of OpenAI's API take for an error, a part of the answer, or data that is none. Others' errors they pass over. */
const readByChatClients = /"error"\s*:|"choices"\s*:|^event:/;

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
  const event = Buffer.from(events.subarray(start)).toString("latin1");
  const isRead = !unreadField.test(event) && (dialect !== "openai-chat" || readByChatClients.test(event));
  return told === failure && isRead ? null : { before: events.subarray(0, start), told };
}
