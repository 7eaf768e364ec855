/**
 * By which of OpenAI's two APIs a request of the OpenAI dialect goes: Chat Completions, or Responses where a model can do
 * there alone what is asked for. Clients speak Chat Completions in both cases.
 */
import { toJsonArray } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { TargetTraits } from "../target-traits.ts";

/** Whether `body`, a request of Chat Completions, has to go by the Responses API. */
export function wantsResponses(body: JsonObject, { responsesApi }: TargetTraits): boolean {
  if (responsesApi === "never" || responsesApi === "always") return responsesApi === "always";
  return toJsonArray(body["tools"]).length > 0 && body["reasoning_effort"] !== "none";
}
