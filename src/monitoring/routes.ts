/** The path that stands for an endpoint in labels and spans. */
import type { Endpoint } from "../core/record.ts";

export const routeOfEndpoint: Readonly<Record<Endpoint, string>> = {
  messages: "/v1/messages",
  "chat-completions": "/v1/chat/completions",
  "count-tokens": "/v1/messages/count_tokens",
};
