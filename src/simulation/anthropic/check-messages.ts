/** What Anthropic's API refuses in `messages`: order of roles, tool results that do not fit their calls, foreign signatures. */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { SimulatedModel } from "../profile.ts";
import type { ProviderError } from "../provider-error.ts";
import { isGeneration } from "./generation.ts";
import { invalid } from "./invalid-request.ts";
import { toBlocks } from "./read-prompt.ts";
import { isOwnSignature } from "./signature.ts";
import { textOrJson } from "../text-or-json.ts";

/** The first thing wrong with the messages, or null. */
export function checkMessages(body: JsonObject, betas: string, model: SimulatedModel): ProviderError | null {
  const messages = toJsonArray(body["messages"]);
  if (body["messages"] === undefined) return invalid("messages: Field required");
  if (messages.length === 0) return invalid("messages: at least one message is required");
  let open: readonly string[] = [];
  for (const [index, value] of messages.entries()) {
    const message = toJsonObject(value);
    const isLast = index === messages.length - 1;
    const refusal =
      checkMessage(message, index, isLast, betas) ?? checkPairs(message, index, open) ?? checkBlocks(message, index);
    if (refusal !== null) return refusal;
    // A system message may stand between a call and its result.
    if (message["role"] !== "system") open = callIds(message);
    if (isLast && message["role"] === "assistant" && isGeneration(model.name, 4, 6)) return prefilled;
  }
  if (open.length > 0) return unanswered(messages.length - 1, open);
  return null;
}

const prefilled = invalid(
  "This model does not support assistant message prefill. The conversation must end with a user message.",
);

const messageFields = new Set(["role", "content"]);

function checkMessage(message: JsonObject, index: number, isLast: boolean, betas: string): ProviderError | null {
  const role = message["role"];
  if (role !== "user" && role !== "assistant" && role !== "system") {
    return invalid(`messages.${index}.role: Input should be 'user', 'assistant' or 'system'`);
  }
  if (index === 0 && role !== "user") return invalid('messages: first message must use the "user" role');
  for (const field of Object.keys(message)) {
    const isTurnControl = field === "output_config" && betas.includes("per-turn-control-");
    if (!messageFields.has(field) && !isTurnControl) {
      return invalid(`messages.${index}.${field}: Extra inputs are not permitted`);
    }
  }
  const content = message["content"];
  if (typeof content !== "string" && !Array.isArray(content))
    return invalid(`messages.${index}.content: Field required`);
  const mayBeEmpty = (isLast && role === "assistant") || (role === "system" && message["output_config"] !== undefined);
  if (content.length === 0 && !mayBeEmpty) {
    return invalid(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  return null;
}

function callIds(message: JsonObject): string[] {
  return toBlocks(message["content"])
    .filter((block) => block["type"] === "tool_use")
    .map((block) => textOrJson(block["id"]));
}

function checkPairs(message: JsonObject, index: number, open: readonly string[]): ProviderError | null {
  if (message["role"] === "system") return null;
  const blocks = toBlocks(message["content"]);
  const answered = new Set<string>();
  for (const [at, block] of blocks.entries()) {
    if (block["type"] !== "tool_result") continue;
    const id = textOrJson(block["tool_use_id"]);
    if (message["role"] !== "user")
      return invalid(`messages.${index}: \`tool_result\` blocks can only be in \`user\` messages`);
    if (answered.has(id)) {
      return invalid(
        `messages.${index}.content.${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    if (!open.includes(id)) {
      return invalid(
        `messages.${index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    answered.add(id);
  }
  const missing = open.filter((id) => !answered.has(id));
  return missing.length > 0 ? unanswered(index - 1, missing) : null;
}

function unanswered(index: number, ids: readonly string[]): ProviderError {
  return invalid(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

/** Block types by role; server tools' blocks come back in assistant messages. */
const userBlocks = new Set(["text", "image", "document", "tool_result", "search_result", "container_upload"]);
const assistantBlocks =
  /^(text|thinking|redacted_thinking|tool_use|server_tool_use|\w+_tool_result|mcp_tool_use|compaction|fallback)$/;

function checkBlocks(message: JsonObject, index: number): ProviderError | null {
  const isAssistant = message["role"] === "assistant";
  for (const [at, block] of toBlocks(message["content"]).entries()) {
    const where = `messages.${index}.content.${at}`;
    const type = textOrJson(block["type"]);
    if (isAssistant ? !assistantBlocks.test(type) : !userBlocks.has(type) && type !== "tool_reference") {
      return invalid(`${where}: Input tag '${type}' found using 'type' does not match any of the expected tags`);
    }
    if (type === "text" && textOrJson(block["text"]) === "")
      return invalid("messages: text content blocks must be non-empty");
    if (type === "tool_use" && !isJsonObject(block["input"]))
      return invalid(`${where}.tool_use.input: Input should be an object`);
    if (type === "tool_use" && !/^[a-zA-Z0-9_-]+$/.test(textOrJson(block["id"]))) {
      return invalid(`${where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
    }
    if (type === "thinking" && !isOwnSignature(textOrJson(block["signature"]), textOrJson(block["thinking"]))) {
      return invalid(`${where}: Invalid \`signature\` in \`thinking\` block`);
    }
  }
  return null;
}
