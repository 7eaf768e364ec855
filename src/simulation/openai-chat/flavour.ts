/** What the three simulated providers of the openai-chat dialect do each in its own way. */
import type { JsonObject } from "../../core/json/json.ts";
import type { AnswerFacts, SimulatedModel } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import type { Random } from "../random.ts";

export interface OpenAiFlavour {
  /** Request fields beyond those that all take. */
  readonly extraFields: readonly string[];
  /** Fields of assistant messages beyond those that all take. */
  readonly assistantFields: readonly string[];
  /** Where thoughts come out; null where they stay hidden. */
  readonly thoughtField: "reasoning_content" | "reasoning" | null;
  readonly hasDeveloperRole: boolean;
  /** Whether an assistant message with tool calls must bring its thoughts back. */
  readonly isThoughtRequired: boolean;
  isThinking(body: JsonObject, model: SimulatedModel): boolean;
  unknownField(path: string): ProviderError;
  tooManyOutputTokens(field: string, asked: number, model: SimulatedModel): ProviderError;
  /** Fields that depend on the model: the token limit's name, sampling, reasoning, formats. */
  checkModelFields(body: JsonObject, model: SimulatedModel): ProviderError | null;
  completionId(random: Random): string;
  callId(random: Random, index: number): string;
  fingerprint: string;
  usage(facts: AnswerFacts): JsonObject;
  /** Fields that the first chunk, the last chunk and the whole answer carry besides the common ones. */
  firstChunkFields(facts: AnswerFacts): JsonObject;
  lastChunkFields(facts: AnswerFacts, usage: JsonObject): JsonObject;
  wholeFields(facts: AnswerFacts): JsonObject;
  /**
   * Where usage stands in a stream: in a chunk of its own if asked for (OpenAI), or in the last one always.
   */
  readonly streamUsage: "own-chunk-if-asked" | "last-chunk";
}
