/** What OpenAI refuses in the order of items: calls without outputs, outputs without calls, thoughts that lead nowhere. */
import type { JsonObject } from "../../core/json/json.ts";
import { invalid } from "../openai-chat/invalid-request.ts";
import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";
import { textOrJson } from "../text-or-json.ts";
import { isModelItem, typeOf } from "./item-type.ts";
import { missingField } from "./refusals.ts";
import { checkSeal, isStoredId } from "./sealed-reasoning.ts";

/** The first item that lacks another, or null. `isStoring`: whether the request leaves `store` on. */
export function checkConversation(items: readonly JsonObject[], isStoring: boolean): ProviderError | null {
  for (const [index, item] of items.entries()) {
    if (typeOf(item) !== "reasoning") continue;
    const refusal = checkThought(item, items[index + 1], `input[${index}]`, isStoring);
    if (refusal !== null) return refusal;
  }
  return checkCalls(items);
}

function checkThought(
  item: JsonObject,
  next: JsonObject | undefined,
  where: string,
  isStoring: boolean,
): ProviderError | null {
  const id = textOrJson(item["id"]);
  const { encrypted_content: encrypted = null } = item;
  if (encrypted !== null) {
    const flaw = checkSeal(textOrJson(encrypted), id);
    if (flaw !== null) return unverified(textOrJson(encrypted), flaw);
  } else if (id === "") {
    return missingField(`${where}.id`);
  } else if (!isStoredId(id)) {
    const hint =
      "Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.";
    const message = `Item with id '${id}' not found.${isStoring ? "" : ` ${hint}`}`;
    return providerError(404, "invalid_request_error", message, { param: "input" });
  }
  if (next !== undefined && isModelItem(next)) return null;
  return invalid(`Item '${id}' of type 'reasoning' was provided without its required following item.`, "input");
}

function unverified(encrypted: string, flaw: string): ProviderError {
  const shown = `${encrypted.slice(0, 4)}...${encrypted.slice(-4)}`;
  return invalid(
    `The encrypted content ${shown} could not be verified. Reason: ${flaw}`,
    null,
    "invalid_encrypted_content",
  );
}

function checkCalls(items: readonly JsonObject[]): ProviderError | null {
  const called = new Set<string>();
  const answered = new Set<string>();
  for (const item of items) {
    const callId = textOrJson(item["call_id"]);
    const type = typeOf(item);
    if (type === "function_call") called.add(callId);
    if (type !== "function_call_output") continue;
    if (!called.has(callId)) {
      return invalid(`No tool call found for function call output with call_id ${callId}.`, "input");
    }
    answered.add(callId);
  }
  const open = [...called].find((callId) => !answered.has(callId));
  return open === undefined ? null : invalid(`No tool output found for function call ${open}.`, "input");
}
