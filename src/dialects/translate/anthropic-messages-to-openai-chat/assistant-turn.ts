/**
 * An assistant's turn, as one OpenAI message.
 *
 * Thinking goes back only to the provider that it came from, and only where that provider wants it
 * (`reasoningReturn`): the envelope in the block's signature says whose it is. Everybody else's is left out.
 */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { contentParts } from "../../content-parts.ts";
import { unknownReasoning } from "../../openai-chat/fit/fit-reasoning.ts";
import { unknownThoughtSignature } from "../../openai-chat/fit/fit-tool-calls.ts";
import { envelopeIn, parseThinkingEnvelope } from "../../thinking-envelope.ts";
import type { ContentContext } from "./content-parts.ts";
import { toProviderToolCallId } from "../../openai-chat/fit/tool-call-ids.ts";
import { toProviderToolName } from "./tool-names.ts";

export interface AssistantTurn {
  /** null where nothing is left of the turn: a message without content and calls is refused by most providers. */
  readonly message: JsonObject | null;
  /** Ids of its tool calls as the client knows them, in order. */
  readonly toolUseIds: readonly string[];
}

/** Translates one assistant message. Throws GatewayError `caller_invalid_request` for a call without id or name. */
export function toAssistantTurn(content: JsonValue | undefined, context: ContentContext): AssistantTurn {
  const blocks = contentParts(content).filter(isJsonObject);
  for (const block of blocks) noteLeftOut(block, context);
  const text = blocks
    .map(textOf)
    .filter((part) => part !== "")
    .join("\n\n");
  const toolUses = blocks.filter((block) => block["type"] === "tool_use");
  if (text === "" && toolUses.length === 0) return { message: null, toolUseIds: [] };
  const reasoning = readReasoning(blocks, context);
  const message: JsonObject = { role: "assistant", content: text === "" ? null : text };
  returnReasoning(message, reasoning, toolUses.length > 0, context);
  if (toolUses.length > 0) message["tool_calls"] = toToolCalls(toolUses, reasoning.toolSignatures, context);
  return { message, toolUseIds: toolUses.map((block) => toText(block["id"])) };
}

/** What a block says to everybody: the summary of a compaction stands for messages that the client sends no more. */
function textOf(block: JsonObject): string {
  if (block["type"] === "text") return toText(block["text"]);
  return block["type"] === "compaction" ? toText(block["content"]) : "";
}

interface Reasoning {
  readonly text: string;
  readonly details: readonly JsonValue[];
  readonly toolSignatures: Readonly<Record<string, string>>;
}

/** What this target's own thinking blocks of a turn carry, all together. */
function readReasoning(blocks: readonly JsonObject[], context: ContentContext): Reasoning {
  const texts: string[] = [];
  const details: JsonValue[] = [];
  const toolSignatures: Record<string, string> = {};
  for (const block of blocks) {
    if (block["type"] !== "thinking" && block["type"] !== "redacted_thinking") continue;
    const envelope = parseThinkingEnvelope(envelopeIn(block));
    if (envelope?.provider !== context.traits.target.provider) continue;
    texts.push(toText(block["thinking"]));
    for (const detail of envelope.details ?? []) details.push(detail);
    Object.assign(toolSignatures, envelope.toolSignatures);
  }
  return { text: texts.join(""), details, toolSignatures };
}

function returnReasoning(message: JsonObject, reasoning: Reasoning, hasCalls: boolean, context: ContentContext): void {
  const field = context.traits.reasoningReturn;
  if (field === "reasoning_content") {
    if (reasoning.text !== "") message[field] = reasoning.text;
    else if (hasCalls || context.traits.wantsReasoningAlways) message[field] = unknownReasoning;
  } else if (field === "reasoning" || field === "reasoning_details") {
    if (field === "reasoning_details" && reasoning.details.length > 0) message[field] = [...reasoning.details];
    else if (reasoning.text !== "") message["reasoning"] = reasoning.text;
  }
}

function toToolCalls(
  toolUses: readonly JsonObject[],
  signatures: Readonly<Record<string, string>>,
  context: ContentContext,
): JsonValue[] {
  const { traits } = context;
  return toolUses.map((block, i): JsonObject => {
    const id = requiredAt(block, "id");
    const call: JsonObject = {
      id: toProviderToolCallId(id, traits),
      type: "function",
      function: {
        name: toProviderToolName(requiredAt(block, "name")),
        arguments: JSON.stringify(toJsonObject(block["input"])),
      },
    };
    if (!traits.hasThoughtSignatures) return call;
    // Of parallel calls only the first carries a signature, so only it needs the stand-in.
    const signature = signatures[id] ?? (i === 0 ? unknownThoughtSignature : undefined);
    return signature === undefined ? call : { ...call, extra_content: { google: { thought_signature: signature } } };
  });
}

function requiredAt(block: JsonObject, field: string): string {
  const value = toText(block[field]);
  if (value === "") throw new GatewayError("caller_invalid_request", `messages: tool_use.${field}: Field required`);
  return value;
}

/** Kinds of blocks that are read above; thinking of others goes without a note, as it does in every call. */
const knownKinds: ReadonlySet<string> = new Set(["text", "compaction", "tool_use", "thinking", "redacted_thinking"]);

function noteLeftOut(block: JsonObject, context: ContentContext): void {
  const kind = toText(block["type"]);
  if (!knownKinds.has(kind)) context.notes.add(`content block ${kind}: left out`);
}
