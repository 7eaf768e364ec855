/** A profile of the openai-chat dialect from a flavour and the provider's own errors, headers and models. */
import type { JsonObject } from "../../core/json/json.ts";
import type { Profile } from "../profile.ts";
import type { AutomaticCacheRules } from "../answers/prompt-cache.ts";
import type { ProviderError } from "../provider-error.ts";
import { toChunks, toCompletion } from "./answers.ts";
import { checkOpenAiRequest } from "./check-request.ts";
import type { OpenAiFlavour } from "./flavour.ts";
import { readOpenAiPrompt } from "./read-prompt.ts";

/** What a provider brings besides its flavour. */
export interface OpenAiProfileParts extends Pick<
  Profile,
  "kind" | "basePath" | "models" | "findModel" | "checkContext" | "checkPlan" | "errors" | "headers" | "requestId"
> {
  readonly flavour: OpenAiFlavour;
  readonly cacheRules: AutomaticCacheRules;
  readonly owner: string;
}

/** The profile. */
export function createOpenAiProfile(parts: OpenAiProfileParts): Profile {
  const { flavour } = parts;
  return {
    ...parts,
    dialect: "openai-chat",
    readPrompt: (body, model) => readOpenAiPrompt(body, model, flavour),
    check: (body, _headers, model) => checkOpenAiRequest(body, model, flavour),
    readCache: (cache, prompt) => cache.readAutomatic(prompt.model, prompt.segments, parts.cacheRules),
    whole: (facts) => toCompletion(facts, flavour),
    stream: (facts) => toChunks(facts, flavour),
    errorBody,
    errorFrame: (error) => ({ text: `data: ${JSON.stringify(errorBody(error))}\n\n`, tokens: 0 }),
    modelList: (createdMs) => ({
      object: "list",
      data: parts.models.map(({ name }) => ({
        id: name,
        object: "model",
        created: Math.floor(createdMs / 1000),
        owned_by: parts.owner,
      })),
    }),
  };
}

function errorBody(error: ProviderError): JsonObject {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.code } };
}
