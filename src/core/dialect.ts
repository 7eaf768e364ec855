/** A dialect: the wire format of a call. The client speaks one, the target speaks one, not always the same. */

export type Dialect = "anthropic-messages" | "openai-chat";

export const dialects: readonly Dialect[] = ["anthropic-messages", "openai-chat"];
