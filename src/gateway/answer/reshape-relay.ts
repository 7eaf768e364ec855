/** Relays for answers in another shape than the client wants, and for kept ones. */
import { GatewayError } from "../../core/errors/errors.ts";
import type { Dialect } from "../../core/dialect.ts";
import type { KeptFacts } from "../../cache/answer-store.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import { emptyFacts, garbledPayload } from "../../dialects/answer-facts.ts";
import { renderStreamError } from "../../dialects/errors/render-error.ts";
import { foldStream, streamOfWhole } from "../../dialects/reshape.ts";
import type { FoldedStream } from "../../dialects/reshape.ts";
import { toStreamFailure } from "../../providers/classify-failure.ts";
import { pings } from "./answer-relay.ts";
import type { AnswerRelay } from "./answer-relay.ts";
import { createCutError } from "./early-ends.ts";
import { WholeBody } from "./whole-body.ts";

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
export function foldedWhole(dialect: Dialect, whole: AnswerRelay): AnswerRelay {
  const collected = new WholeBody();
  return {
    isStreaming: false,
    isStreamed: true,
    push(piece) {
      collected.add(piece);
      return "";
    },
    end() {
      const folded = foldStream(dialect, collected.bytes());
      if (folded.whole === null) throw noWhole(folded);
      const first = whole.push(Buffer.from(JSON.stringify(folded.whole)));
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

/** The provider's own error, where it told one. */
function noWhole({ error, isComplete }: FoldedStream): GatewayError {
  if (error === null && !isComplete) return createCutError();
  if (error === null) return new GatewayError("provider_bad_answer", "the provider's stream makes no whole answer");
  return error === garbledPayload ? new GatewayError("provider_bad_answer", error.message) : toStreamFailure(error);
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
