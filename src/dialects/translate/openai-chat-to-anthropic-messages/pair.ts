/** Clients of the OpenAI dialect, served by providers of Anthropic's. docs/translation/openai-to-anthropic.md */
import type { DialectPair } from "../../translation.ts";
import { translateAnswer } from "./answer.ts";
import { translateRequest } from "./request.ts";
import { ChatStream } from "./stream.ts";

export const openaiChatToAnthropicMessages: DialectPair = {
  client: "openai-chat",
  provider: "anthropic-messages",
  request: translateRequest,
  answer: translateAnswer,
  stream: (context) => new ChatStream(context),
};
