/** What a test saw of one call: what the client got, what the provider got, what the router recorded. */
import type { Dialect } from "../../../src/core/dialect.ts";
import { parseJson, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json/json.ts";
import type { Usage } from "../../../src/core/usage.ts";
import { foldAnthropicBody, foldAnthropicStream, foldOpenAiBody, foldOpenAiStream } from "./folded-answer.ts";
import type { FoldedAnswer } from "./folded-answer.ts";
import { parseSse } from "./sse-text.ts";
import type { SseEvent } from "./sse-text.ts";

export interface Observed {
  /** That the client speaks. */
  readonly dialect: Dialect;
  /** HTTP status that the client got. */
  readonly status: number;
  readonly contentType: string | null;
  /** What `at` reads: the provider's request in `request.*` cases, else the client's answer. */
  readonly document: JsonValue | undefined;
  /** Events of a streamed answer; empty for a whole one. */
  readonly events: readonly SseEvent[];
  readonly answer: FoldedAnswer | null;
  readonly recordedUsage: Usage | null;
}

/** The request that a provider got. */
export function observeRequest(dialect: Dialect, providerRequest: JsonObject): Observed {
  const document = toDocument(providerRequest);
  return { dialect, status: 200, contentType: null, document, events: [], answer: null, recordedUsage: null };
}

/** A request that the router refused. */
export function observeRefusal(dialect: Dialect, status: number): Observed {
  return { dialect, status, contentType: null, document: undefined, events: [], answer: null, recordedUsage: null };
}

/** A whole answer, or an error body, as the client got it. */
export function observeBody(dialect: Dialect, body: JsonObject, usage: Usage | null = null, status = 200): Observed {
  const document = toDocument(body);
  const fold = dialect === "anthropic-messages" ? foldAnthropicBody : foldOpenAiBody;
  const answer = fold(toJsonObject(document));
  return { dialect, status, contentType: "application/json", document, events: [], answer, recordedUsage: usage };
}

/** A streamed answer, as the client got it. */
export function observeStream(dialect: Dialect, text: string, usage: Usage | null = null): Observed {
  const events = parseSse(text);
  const fold = dialect === "anthropic-messages" ? foldAnthropicStream : foldOpenAiStream;
  return {
    dialect,
    status: 200,
    contentType: "text/event-stream",
    document: undefined,
    events,
    answer: fold(events),
    recordedUsage: usage,
  };
}

/** Whatever came over HTTP: a stream or a body, by its content type. */
export function observeHttp(
  dialect: Dialect,
  response: { readonly status: number; readonly contentType: string | null; readonly text: string },
  usage: Usage | null = null,
): Observed {
  const { status, contentType, text } = response;
  if (contentType?.startsWith("text/event-stream") === true) {
    return { ...observeStream(dialect, text, usage), status, contentType };
  }
  return { ...observeBody(dialect, toJsonObject(parseJson(text)), usage, status), contentType };
}

/** As it looks after the wire: undefined members gone. */
function toDocument(body: JsonObject): JsonValue | undefined {
  return parseJson(JSON.stringify(body));
}
