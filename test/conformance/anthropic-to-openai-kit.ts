/** What the conformance tests of an Anthropic client before an OpenAI-dialect provider share. */
import { toJsonObject } from "../../src/core/json/json.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { defaultTraits } from "../../src/dialects/target-traits.ts";
import type { TargetTraits } from "../../src/dialects/target-traits.ts";
import type { AnswerContext } from "../../src/dialects/translation.ts";
import { anthropicMessagesToOpenaiChat } from "../../src/dialects/translate/anthropic-messages-to-openai-chat/pair.ts";
import type { AnswerFacts } from "../../src/dialects/answer-facts.ts";

/** A target of which nothing is known, but for `traits`. */
export function targetTraits(traits: Partial<TargetTraits> = {}): TargetTraits {
  return { ...defaultTraits({ provider: "acme", model: "acme-1" }), ...traits };
}

/** A reasoning model in OpenAI's manner. */
export const reasoningTraits: TargetTraits = targetTraits({
  tokenLimitField: "max_completion_tokens",
  reasoningRequest: { kind: "effort", efforts: ["minimal", "low", "medium", "high"] },
});

/** The call around an answer. */
export function answerContext(context: Partial<AnswerContext> = {}): AnswerContext {
  return {
    askedModel: "claude-test",
    traits: targetTraits(),
    request: { model: "claude-test", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] },
    createdAtSeconds: 1_700_000_000,
    callId: "req_0123456789abcdef01234567",
    estimatedInputTokens: 21,
    keyHolder: null,
    ...context,
  };
}

/** A stream's translation: pushed piece by piece, ended properly. */
export function translateStream(
  chunks: readonly Uint8Array[],
  context: AnswerContext = answerContext(),
): { readonly text: string; readonly facts: AnswerFacts } {
  const stream = anthropicMessagesToOpenaiChat.stream(context);
  const text = chunks.map((chunk) => stream.push(chunk)).join("") + stream.end();
  return { text, facts: stream.facts() };
}

/** A request's translation, with the fields that short cases leave out. */
export function translateRequest(request: JsonObject, traits: TargetTraits = targetTraits()): JsonObject {
  return toJsonObject(
    anthropicMessagesToOpenaiChat.request({ model: "claude-test", max_tokens: 100, ...request }, traits).body,
  );
}
