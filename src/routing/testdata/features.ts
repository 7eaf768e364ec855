/** Request features for tests: a plain call, changed where a test says so. */
import { noLimits } from "../../core/caller.ts";
import type { RequestFeatures } from "../request-features.ts";

export function featuresOf(changes: Partial<RequestFeatures> = {}): RequestFeatures {
  return {
    askedModel: "claude-sonnet-4-5",
    endpoint: "messages",
    dialect: "anthropic-messages",
    caller: { user: "ana", team: "web", tier: "standard", keyId: "key_1", allowedModels: null, limits: noLimits },
    sessionId: null,
    app: null,
    isSubagent: false,
    hour: 12,
    weekday: 1,
    header: () => undefined,
    inputTokens: () => 1000,
    hasTools: () => false,
    hasImages: () => false,
    hasWebSearch: () => false,
    isThinking: () => false,
    subagentModel: () => null,
    body: () => ({}),
    ...changes,
  };
}
