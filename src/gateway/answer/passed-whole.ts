/**
 * The relay of a whole answer for a client of its dialect: the provider's bytes as they come. Of their form only this is asked,
 * that they are an object with an answer in it, or one that begins and ends so where it is too large to be read: pages of
 * proxies and of wrong addresses are none, nor are answers whose server hides that they broke off.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import type { AnswerFacts, AnswerWatch } from "../../dialects/answer-facts.ts";
import { garbledPayload, otherObject, tooDeepAnswer } from "../../dialects/answer-facts.ts";
import { toStreamFailure } from "../../providers/classify-failure.ts";
import type { AnswerRelay } from "./answer-relay.ts";
import { cutObject, noObject } from "./answer-relay.ts";

const braceOpen = 0x7b;
const braceClose = 0x7d;
const space = 0x20;

const nothing = Buffer.alloc(0);

/** Relays one answer, which `watch` reads. */
export class PassedWhole implements AnswerRelay {
  readonly isStreaming = false;
  readonly isStreamed = false;
  readonly #watch: AnswerWatch;
  /** Of all that came but white space. */
  #first: number | undefined;
  #last: number | undefined;
  /** What came first, where it is no object. */
  #page: Uint8Array = nothing;

  constructor(watch: AnswerWatch) {
    this.#watch = watch;
  }

  push(piece: Uint8Array): Uint8Array {
    this.#watch.push(piece);
    if (this.#first === undefined) {
      this.#first = piece.find(isNoSpace);
      if (this.#first !== braceOpen) this.#page = piece;
    }
    this.#last = piece.findLast(isNoSpace) ?? this.#last;
    return piece;
  }

  end(): string {
    this.#watch.end();
    const { error } = this.#watch.facts();
    if (error === tooDeepAnswer || error === otherObject) throw new GatewayError("provider_bad_answer", error.message);
    if (error !== null && error !== garbledPayload) throw toStreamFailure(error);
    if (this.#first !== braceOpen) throw noObject(this.#page);
    if (error !== null || this.#last !== braceClose) throw cutObject();
    return "";
  }

  fail(): string {
    return "";
  }

  ping(): string {
    return "";
  }

  /** Not before its end: a small answer that breaks off can then still come from another target. */
  hasBegun(): boolean {
    return false;
  }

  hasFailed(): boolean {
    return false;
  }

  facts(): AnswerFacts {
    return this.#watch.facts();
  }
}

/** Line ends, tabs and what else stands below the space are none of JSON's characters. */
function isNoSpace(byte: number): boolean {
  return byte > space;
}
