/**
 * An Anthropic client whose call goes to a provider of the OpenAI dialect.
 *
 * Reasoning goes to the client as thinking blocks. Their `signature` is our envelope (thinking-envelope.ts): it names
 * the provider and holds what that provider must see again, such as Gemini's thought signatures of tool calls. These
 * travel in the signature of the thinking block that is open when the call begins, else in a redacted_thinking block
 * before it: Claude Code keeps both with the turn and returns them unchanged, while it may rewrite anything it
 * understands, and a tool call's id has to stay short.
 */
import type { DialectPair } from "../../translation.ts";
import { toAnthropicMessage } from "./answer.ts";
import { toChatRequest } from "./request.ts";
import { AnthropicStream } from "./stream.ts";

export const anthropicMessagesToOpenaiChat: DialectPair = {
  client: "anthropic-messages",
  provider: "openai-chat",
  request: toChatRequest,
  answer: toAnthropicMessage,
  stream: (context) => new AnthropicStream(context),
};
