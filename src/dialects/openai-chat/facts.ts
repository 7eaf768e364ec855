/** The facts of an answer out of its events: used wherever an answer of this dialect passes. */
import { toText } from "../../core/json/json.ts";
import { toServiceTier } from "../../core/service-tier.ts";
import { emptyFacts, garbledPayload } from "../answer-facts.ts";
import type { AnswerFacts } from "../answer-facts.ts";
import { ChatExcerpt } from "./excerpt.ts";
import type { ChatEvent } from "./events.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Facts of one answer, to be fed all its events. */
export class ChatFacts {
  readonly #excerpt = new ChatExcerpt();
  readonly #known: Mutable<AnswerFacts> = { ...emptyFacts, excerpt: this.#excerpt };
  readonly #calls: { id: string; name: string }[] = [];
  #hasBegun = false;

  read(event: ChatEvent): void {
    if (event.kind === "tool-call") readCall(this.#calls, event);
    else if (event.kind === "start") this.#hasBegun = true;
    // The end of nothing is no answer.
    else if (event.kind === "done" && !this.#hasBegun) return;
    readFact(this.#known, event);
    this.#excerpt.read(event);
  }

  hasError(): boolean {
    return this.#known.error !== null;
  }

  /** `toolCalls`: with the ids that the client sees, where they are not the provider's own. */
  facts(toolCalls: AnswerFacts["toolCalls"] = this.#calls): AnswerFacts {
    const known = this.#known;
    return { ...known, isComplete: known.isComplete && known.error === null, toolCalls };
  }
}

function readFact(known: Mutable<AnswerFacts>, event: ChatEvent): void {
  switch (event.kind) {
    case "text":
    case "reasoning":
    case "refusal":
      known.isOutputCounted = false;
      known.outputCharacters += event.text.length;
      return;
    case "tool-call":
      known.isOutputCounted = false;
      known.outputCharacters += event.argumentsText.length + (event.isNew ? (event.name?.length ?? 0) : 0);
      return;
    case "start":
      known.answeredModel = toText(event.head["model"]) || null;
      known.answerId = toText(event.head["id"]) || null;
      known.serviceTier = toServiceTier(event.head["service_tier"]);
      return;
    case "finish":
      known.stopReason = event.reason;
      known.isComplete = true;
      return;
    case "usage":
      known.usage = event.usage;
      known.isOutputCounted = event.usage.output > 0;
      // The first chunk may say what was asked for (`auto`), the one with the usage what was served.
      if (event.serviceTier !== null) known.serviceTier = toServiceTier(event.serviceTier);
      return;
    case "error":
      known.error ??= event.error;
      return;
    case "garbled":
      known.error ??= garbledPayload;
      return;
    case "done":
      known.isComplete = true;
      return;
    case "reasoning-details":
    case "untold":
  }
}

function readCall(calls: { id: string; name: string }[], event: Extract<ChatEvent, { kind: "tool-call" }>): void {
  const known = calls[event.call];
  calls[event.call] = { id: known?.id || (event.id ?? ""), name: known?.name || (event.name ?? "") };
}
