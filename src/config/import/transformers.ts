/** What the transformers of claude-code-router mean here: a table from their names. */
import type { JsonObject } from "../../core/json/json.ts";
import type { ForeignTransformer } from "./foreign-config.ts";

export type TransformerMeaning =
  /** The router does so by itself, or the provider's catalog entry knows it. */
  | { readonly kind: "covered" }
  /** The provider speaks Anthropic's dialect. */
  | { readonly kind: "anthropic" }
  | { readonly kind: "traits"; readonly traits: JsonObject }
  | { readonly kind: "lost"; readonly reason: string };

const covered: TransformerMeaning = { kind: "covered" };

const meanings: Readonly<Record<string, (options: JsonObject, isCatalogued: boolean) => TransformerMeaning>> = {
  anthropic: () => ({ kind: "anthropic" }),
  openai: () => covered,
  groq: () => covered,
  cerebras: () => covered,
  cleancache: () => covered,
  streamoptions: () => covered,
  gemini: () => covered,
  deepseek: (_, isCatalogued) => reasoning(isCatalogued),
  reasoning: (_, isCatalogued) => reasoning(isCatalogued),
  openrouter: (options) =>
    "provider" in options ? lost("OpenRouter's own provider preferences have no counterpart") : covered,
  maxtoken: ({ max_tokens: limit }) =>
    typeof limit === "number" ? traits({ maxOutputTokens: limit }) : lost("its max_tokens is no number"),
  maxcompletiontokens: () => traits({ tokenLimitField: "max_completion_tokens" }),
  sampling: () => covered,
  enhancetool: () => lost("arguments of tool calls are passed on as the model writes them"),
  tooluse: () => lost("no model is pressed to use tools"),
  forcereasoning: () => lost("the client decides whether a model thinks"),
  customparams: () => lost("no parameters are added to requests; headers can be, with `headers`"),
  "vertex-gemini": () => lost("sign-in at Vertex has no counterpart; use Gemini's own API"),
  "openai-response": () => traits({ responsesApi: "always" }),
};

/** `isCatalogued`: the provider has a catalog entry, which knows its quirks already. */
export function meaningOf({ name, options }: ForeignTransformer, isCatalogued: boolean): TransformerMeaning {
  return meanings[name]?.(options, isCatalogued) ?? lost("a transformer of your own has no counterpart");
}

function reasoning(isCatalogued: boolean): TransformerMeaning {
  return isCatalogued ? covered : traits({ reasoningReturn: "reasoning_content" });
}

function traits(values: JsonObject): TransformerMeaning {
  return { kind: "traits", traits: values };
}

function lost(reason: string): TransformerMeaning {
  return { kind: "lost", reason };
}
