/** A request of the OpenAI dialect for a target that does some of it by the Responses API alone. */
import { isJsonObject, toJsonArray } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { reasoningFields } from "../../dialects/openai-chat/fit/fit-reasoning.ts";
import { asksForUsage } from "../../dialects/openai-chat/usage.ts";
import { toResponsesRequest } from "../../dialects/openai-responses/request.ts";
import { wantsResponses } from "../../dialects/openai-responses/wants-responses.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";
import { withoutFields } from "../../dialects/without-fields.ts";
import type { RequestDocument } from "./pass-body.ts";
import type { CallRequest } from "../request/read-call.ts";

/** How an answer of the Responses API is told in Chat Completions. */
export interface ResponsesAnswer {
  /** The counts are asked for, in a chunk of their own. */
  readonly asksUsage: boolean;
}

/** `asked`, or its translation to the Responses API. Throws as `toResponsesRequest`. */
export function chooseApi(
  request: CallRequest,
  asked: RequestDocument,
  traits: TargetTraits,
): RequestDocument & { readonly responses: ResponsesAnswer | null } {
  if (traits.responsesApi === "never") return { ...asked, responses: null };
  const { model } = traits.target;
  const document: JsonObject = asked.document ?? { ...request.outline().body, model };
  if (!wantsResponses(document, traits)) {
    const fitting = fitChat(document);
    return { document: fitting === document ? asked.document : fitting, notes: asked.notes, responses: null };
  }
  const { body, notes } = toResponsesRequest(document, traits);
  const asksUsage = asksForUsage(document["stream_options"]);
  return { document: body, notes: [...asked.notes, ...notes], responses: { asksUsage } };
}

/** Chat Completions refuses the reasoning that the Responses API gave, and its strongest effort. */
function fitChat(document: JsonObject): JsonObject {
  const plain = withoutReasoning(document);
  return plain["reasoning_effort"] === "max" ? { ...plain, reasoning_effort: "xhigh" } : plain;
}

function withoutReasoning(document: JsonObject): JsonObject {
  const messages = toJsonArray(document["messages"]);
  const plain = messages.map((message) => (isJsonObject(message) ? withoutFields(message, reasoningFields) : message));
  return plain.every((message, place) => message === messages[place]) ? document : { ...document, messages: plain };
}
