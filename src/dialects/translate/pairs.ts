/** The pairs of dialects that can be translated. The same dialect on both sides needs none. */
import type { Dialect } from "../../core/dialect.ts";
import type { DialectPair } from "../translation.ts";
import { anthropicMessagesToOpenaiChat } from "./anthropic-messages-to-openai-chat/pair.ts";
import { openaiChatToAnthropicMessages } from "./openai-chat-to-anthropic-messages/pair.ts";

const pairs: readonly DialectPair[] = [anthropicMessagesToOpenaiChat, openaiChatToAnthropicMessages];

/** The pair for a client's and a provider's dialect; null where they are the same. */
export function pairFor(client: Dialect, provider: Dialect): DialectPair | null {
  return pairs.find((pair) => pair.client === client && pair.provider === provider) ?? null;
}
