/** Relays for answers in another shape than the client wants, and for kept ones. */
import { GatewayError } from "../core/errors.ts";
import type { Dialect } from "../core/dialect.ts";
import type { KeptFacts } from "../cache/answer-store.ts";
import type { AnswerFacts } from "../dialects/answer-facts.ts";
import { emptyFacts } from "../dialects/answer-facts.ts";
import { renderStreamError } from "../dialects/errors/render-error.ts";
import { streamOfWhole, wholeOfStream } from "../dialects/reshape.ts";
import { collectedLimitBytes, pings, tooLarge } from "./answer-relay.ts";
import type { AnswerRelay } from "./answer-relay.ts";

/** A kept answer as it stands: nothing is read again of what is known of it. */
export function passKept(kept: KeptFacts, isStreaming: boolean): AnswerRelay {
  const facts = toAnswerFacts(kept);
  return {
    isStreaming,
    isStreamed: isStreaming,
    push: (piece) => piece,
    end: () => "",
    fail: () => "",
    ping: () => "",
    hasBegun: () => true,
    hasFailed: () => false,
    facts: () => facts,
  };
}

/** A stream of `dialect` for a client that wants the whole document: `whole` relays it from there. */
export function foldStream(dialect: Dialect, whole: AnswerRelay): AnswerRelay {
  const pieces: Uint8Array[] = [];
  let size = 0;
  return {
    isStreaming: false,
    isStreamed: true,
    push(piece) {
      size += piece.byteLength;
      if (size > collectedLimitBytes) throw tooLarge();
      pieces.push(piece);
      return "";
    },
    end() {
      const body = wholeOfStream(dialect, Buffer.concat(pieces));
      if (body === null) throw new GatewayError("provider_bad_answer", "the provider's stream makes no whole answer");
      const first = whole.push(Buffer.from(JSON.stringify(body)));
      const rest = whole.end();
      return rest.length === 0 ? first : rest;
    },
    fail: () => "",
    ping: () => "",
    hasBegun: () => false,
    hasFailed: () => false,
    facts: () => whole.facts(),
  };
}

/** A whole document for a client that wants a stream of `dialect`: some servers do not stream at all, or not their errors. */
export function unfoldWhole(dialect: Dialect, whole: AnswerRelay, asksUsage: boolean, callId: string): AnswerRelay {
  return {
    isStreaming: true,
    isStreamed: false,
    push: (piece) => whole.push(piece),
    end() {
      const body = whole.end();
      return streamOfWhole(dialect, typeof body === "string" ? Buffer.from(body) : body, asksUsage) ?? "";
    },
    fail: (error) => renderStreamError(dialect, error, callId),
    ping: () => pings[dialect],
    hasBegun: () => false,
    hasFailed: () => false,
    facts: () => whole.facts(),
  };
}

function toAnswerFacts({ answeredModel, answerId, stopReason, usage, outputCharacters }: KeptFacts): AnswerFacts {
  return { ...emptyFacts, answeredModel, answerId, stopReason, usage, outputCharacters, isComplete: true };
}
