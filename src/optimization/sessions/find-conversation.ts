/** What is known of the conversation that a call belongs to, if to any. */
import type { Conversation, ConversationState, SessionCaches } from "./session-caches.ts";

export interface KnownConversation {
  /** null: the conversation is new, or the call belongs to none. */
  readonly state: ConversationState | null;
  /** False for a call without a session: no later call is expected. */
  readonly hasSession: boolean;
}

/** Looks up the conversation of a session, the agent in it and the model it asks for; `sessionId` null: the call has none. */
export function findConversation(
  sessions: Pick<SessionCaches, "find">,
  { sessionId, agentId }: { readonly sessionId: string | null; readonly agentId: Conversation["agentId"] },
  askedModel: string,
): KnownConversation {
  if (sessionId === null) return { state: null, hasSession: false };
  return { state: sessions.find({ sessionId, agentId, askedModel }), hasSession: true };
}
