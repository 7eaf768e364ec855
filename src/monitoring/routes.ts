/** The paths that stand for what clients ask for, in labels and spans. */
import type { Endpoint } from "../core/record.ts";

/** Below it the models that may be asked for, each by its name: no calls, yet clients ask for them. */
export const modelsPath = "/v1/models";

export const routeOfEndpoint: Readonly<Record<Endpoint, string>> = {
  messages: "/v1/messages",
  "chat-completions": "/v1/chat/completions",
  "count-tokens": "/v1/messages/count_tokens",
};
