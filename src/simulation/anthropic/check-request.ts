/**
 * What Anthropic's API refuses in a request, in its words.
 *
 * Fields: https://docs.claude.com/en/api/messages. Fields that need a beta header are refused without it, as foreign
 * ones are. The list of beta headers is open: an unknown one is no error.
 */
import { isJsonObject, toJsonArray, toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { RequestHeaders, SimulatedModel } from "../profile.ts";
import { providerError } from "../provider-error.ts";
import type { ProviderError } from "../provider-error.ts";
import { betasOf } from "./betas-of.ts";
import { checkMessages } from "./check-messages.ts";
import { checkVersion } from "./check-version.ts";
import { isGeneration } from "./generation.ts";
import { invalid } from "./invalid-request.ts";
import { textOrJson } from "../text-or-json.ts";

/** Top-level fields, with the start of a beta header's value where they need one. */
const fields: Readonly<Record<string, string | null>> = {
  model: null,
  messages: null,
  max_tokens: null,
  system: null,
  tools: null,
  tool_choice: null,
  metadata: null,
  stop_sequences: null,
  stream: null,
  temperature: null,
  top_p: null,
  top_k: null,
  thinking: null,
  service_tier: null,
  cache_control: null,
  output_config: null,
  inference_geo: null,
  container: null,
  thread: "message-threads-",
  speed: "fast-mode-",
  output_format: "structured-outputs-",
  context_management: "context-management-",
  mcp_servers: "mcp-client-",
  safeguards: "dangerous-tool-use-",
  tags: "tags-",
};

/** Fields of tools that need a beta header, and the headers of which one is enough. */
const toolFields: Readonly<Record<string, readonly string[]>> = {
  defer_loading: ["advanced-tool-use-", "tool-search-tool-"],
  input_examples: ["advanced-tool-use-"],
  allowed_callers: ["advanced-tool-use-"],
};

/** The first thing wrong with the request, or null. `isCounting`: it is for count_tokens, which has no `max_tokens`. */
export function checkAnthropicRequest(
  body: JsonObject,
  headers: RequestHeaders,
  model: SimulatedModel,
  isCounting: boolean,
): ProviderError | null {
  const betas = betasOf(headers);
  const version = headers["anthropic-version"];
  if (version === undefined) return invalid("anthropic-version: header is required");
  return (
    checkFields(body, betas) ??
    checkVersion(body, textOrJson(version)) ??
    checkThread(body) ??
    (isCounting ? null : checkMaxTokens(body, model)) ??
    checkSampling(body, model) ??
    checkSpeed(body, model) ??
    checkThinking(body, model) ??
    checkTools(body, betas) ??
    checkCacheMarks(body) ??
    checkMessages(body, betas, model)
  );
}

function checkFields(body: JsonObject, betas: string): ProviderError | null {
  for (const [name, value] of Object.entries(body)) {
    const beta = fields[name];
    if (value === undefined) continue;
    if (beta === undefined || (beta !== null && !betas.includes(beta))) {
      return invalid(`${name}: Extra inputs are not permitted`);
    }
  }
  return null;
}

/** It holds no conversations: says so in the way by which client libraries go on without. */
function checkThread({ thread }: JsonObject): ProviderError | null {
  if (thread === undefined || thread === null) return null;
  const details = { error_code: "thread_unsupported_request", unsupported: ["model"] };
  return providerError(400, "invalid_request_error", "thread: not supported for this model", { details });
}

function checkMaxTokens(body: JsonObject, model: SimulatedModel): ProviderError | null {
  const asked = body["max_tokens"];
  if (asked === undefined) return invalid("max_tokens: Field required");
  if (typeof asked !== "number" || !Number.isInteger(asked))
    return invalid("max_tokens: Input should be a valid integer");
  if (asked < 1) return invalid("max_tokens: Input should be greater than or equal to 1");
  if (asked <= model.maxOutputTokens) return null;
  return invalid(
    `max_tokens: ${asked} > ${model.maxOutputTokens}, which is the maximum allowed number of output tokens for ${model.name}`,
  );
}

/** The fifth generation refuses sampling parameters other than the default. */
function checkSampling(body: JsonObject, model: SimulatedModel): ProviderError | null {
  if (!isGeneration(model.name, 5, 0)) return null;
  const field = ["temperature", "top_p", "top_k"].find((name) => body[name] !== undefined && body[name] !== 1);
  return field === undefined ? null : invalid(`\`${field}\` is deprecated for this model.`);
}

/** Fast mode is Opus's. */
function checkSpeed(body: JsonObject, { name }: SimulatedModel): ProviderError | null {
  const isTaken = name.startsWith("claude-opus-") && isGeneration(name, 4, 8);
  if (body["speed"] === undefined || isTaken) return null;
  return invalid(`'${name}' does not support the \`speed\` parameter.`);
}

function checkThinking(body: JsonObject, model: SimulatedModel): ProviderError | null {
  const thinking = body["thinking"];
  if (thinking === undefined) return null;
  const { type, budget_tokens: budget } = toJsonObject(thinking);
  if (type === "disabled") return null;
  if (type !== "enabled" && type !== "adaptive") {
    return invalid(
      `thinking: Input tag '${textOrJson(type)}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'`,
    );
  }
  if (type === "adaptive" && !isGeneration(model.name, 4, 6)) {
    return invalid("adaptive thinking is not supported on this model");
  }
  if (type === "enabled" && isGeneration(model.name, 5, 0)) {
    return invalid(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    );
  }
  if (type === "enabled") {
    if (typeof budget !== "number") return invalid("thinking.enabled.budget_tokens: Field required");
    if (budget < 1024) return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
    if (typeof body["max_tokens"] === "number" && budget >= body["max_tokens"]) {
      return invalid("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation");
    }
  }
  if (body["temperature"] !== undefined && body["temperature"] !== 1) {
    return invalid("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.");
  }
  const choice = toJsonObject(body["tool_choice"])["type"];
  if (choice === "any" || choice === "tool")
    return invalid("Thinking may not be enabled when tool_choice forces tool use.");
  return null;
}

function checkTools(body: JsonObject, betas: string): ProviderError | null {
  const tools = toJsonArray(body["tools"]);
  const names = new Set<string>();
  for (const [index, value] of tools.entries()) {
    const tool = toJsonObject(value);
    const name = textOrJson(tool["name"]);
    const isServerTool = typeof tool["type"] === "string" && tool["type"] !== "custom";
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
      return invalid(`tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    }
    if (names.has(name)) return invalid("tools: Tool names must be unique.");
    names.add(name);
    for (const [field, headers] of Object.entries(toolFields)) {
      if (tool[field] !== undefined && !headers.some((header) => betas.includes(header))) {
        return invalid(`tools.${index}.custom.${field}: Extra inputs are not permitted`);
      }
    }
    if (isServerTool) continue;
    if (!isJsonObject(tool["input_schema"])) return invalid(`tools.${index}.custom.input_schema: Field required`);
    if (tool["input_schema"]["type"] !== "object") {
      return invalid(`tools.${index}.custom.input_schema.type: Input should be 'object'`);
    }
  }
  if (body["tool_choice"] !== undefined && tools.length === 0 && toJsonObject(body["tool_choice"])["type"] !== "none") {
    return invalid("tool_choice: tool_choice may only be specified while providing tools.");
  }
  return null;
}

function checkCacheMarks(body: JsonObject): ProviderError | null {
  const messages = toJsonArray(body["messages"]).map((message) => toJsonObject(message)["content"]);
  const blocks = [body["tools"], body["system"], ...messages].flatMap((content) => toJsonArray(content));
  const count = blocks.filter((block) => isJsonObject(toJsonObject(block)["cache_control"])).length;
  return count <= 4 ? null : invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${count}.`);
}
