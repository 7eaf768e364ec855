/**
 * Schemas of tools made to fit a target that accepts a narrow part of JSON Schema (Gemini, Moonshot) and refuses the rest. What
 * OpenAI refuses is left to the client: schemas are written for OpenAI's own API first.
 */
import { isJsonObject, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { adaptSchema } from "./adapt-schema.ts";
import { createReferenceBudget } from "./narrow-schema.ts";

/** Whether the target accepts so little that the schemas of tools have to be looked at. */
export function hasNarrowSchemas({ schemaSubset }: TargetTraits): boolean {
  return schemaSubset !== "full" && schemaSubset !== "openai";
}

/** `body` with schemas that the target takes; the same object where that is so already. */
export function fitSchemas(body: JsonObject, traits: TargetTraits): JsonObject {
  const { tools } = body;
  if (!hasNarrowSchemas(traits) || !Array.isArray(tools)) return body;
  const budget = createReferenceBudget();
  const fitted = tools.map((tool): JsonValue => {
    const described = toJsonObject(toJsonObject(tool)["function"]);
    if (!isJsonObject(tool) || !isJsonObject(described["parameters"])) return tool;
    const { schema, isChanged } = adaptSchema(described["parameters"], traits.schemaSubset, budget);
    return isChanged ? { ...tool, function: { ...described, parameters: schema } } : tool;
  });
  return fitted.every((tool, place) => tool === tools[place]) ? body : { ...body, tools: fitted };
}
