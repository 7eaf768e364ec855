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

const blankLine = /\n\r?\n|\r\r/;

/** A field that clients leave unread, as llama.cpp's server wrote its errors, or an object without any. */
const unreadField = /^(?:error:|\{)/m;

/** What clients take for an error, an event or a part of an answer. Others' errors they pass over. */
const readByClients = /"error"\s*:|"choices"\s*:|^event:/m;

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
  const [event = ""] = Buffer.from(events.subarray(start)).toString("latin1").split(blankLine, 1);
  const isRead = !unreadField.test(event) && readByClients.test(event);
  return told === failure && isRead ? null : { before: events.subarray(0, start), told };
}
