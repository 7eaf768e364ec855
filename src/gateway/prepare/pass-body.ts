/**
 * The body for a target of the client's own dialect: the client's bytes, with the model's name changed.
 *
 * The exceptions, each for what the target would refuse and the client cannot know: what the router itself put into the
 * conversation, thinking that another provider signed, system messages between others at servers that take none, what
 * another model than the one that was asked for refuses, and reasoning and tool calls of other providers of the OpenAI
 * dialect. They cost a parse, so a search of the bytes comes before.
 */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { fitEffort, fitToModel, fittedFields } from "../../dialects/anthropic-messages/fit-to-model.ts";
import { foldToolChanges } from "../../dialects/anthropic-messages/fold-tool-changes.ts";
import { foldSystemMessages } from "../../dialects/anthropic-messages/fold-system-messages.ts";
import {
  holdsSignature,
  leaveOutThinking,
  stopThinkingInLoop,
} from "../../dialects/anthropic-messages/leave-out-thinking.ts";
import { markOf } from "../../dialects/anthropic-messages/thinking-marks.ts";
import {
  fitChatToModel,
  fittedChatFields,
  nameOutputLimit,
  otherLimitField,
} from "../../dialects/openai-chat/fit/fit-to-model.ts";
import { hasNarrowSchemas } from "../../dialects/openai-chat/fit/fit-schemas.ts";
import { fitReasoning, reasoningFields } from "../../dialects/openai-chat/fit/fit-reasoning.ts";
import { fitToolCalls } from "../../dialects/openai-chat/fit/fit-tool-calls.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";
import { holdsThinkingEnvelope, stripForeignThinking } from "../../dialects/thinking-envelope.ts";
import type { Provider } from "../../providers/provider.ts";
import type { ThinkingSigners } from "../../providers/thinking-signers.ts";
import { signerOf } from "../../providers/thinking-signers.ts";
import type { CallFeatures } from "../request/call-features.ts";
import { withoutSubagentTag } from "../request/call-features.ts";
import type { CallRequest } from "../request/read-call.ts";

export interface RequestDocument {
  /** null: the client's bytes, with the model's name changed. */
  readonly document: JsonObject | null;
  readonly notes: readonly string[];
}

export const loopNote = "thinking: left out, the tool loop began without it";

/** The request amended for `provider` and the target of `traits`, with a note for each amendment. Throws as `outline` does. */
export function passBody(
  features: CallFeatures,
  request: CallRequest,
  provider: Provider,
  traits: TargetTraits,
  signers: ThinkingSigners,
): RequestDocument {
  const { model } = traits.target;
  const amendments =
    features.dialect === "anthropic-messages"
      ? amendmentsFor(features, request, provider, traits, signers)
      : chatAmendmentsFor(request, traits);
  const notes: string[] = [];
  let body: JsonObject | null = null;
  for (const { amend, note } of amendments) {
    const before: JsonObject = body ?? request.outline().body;
    const after = amend(before);
    if (after === before) continue;
    body = after;
    if (!notes.includes(note)) notes.push(note);
  }
  return { document: body === null ? null : { ...body, model }, notes };
}

interface Amendment {
  readonly amend: (body: JsonObject) => JsonObject;
  readonly note: string;
}

function amendmentsFor(
  features: CallFeatures,
  request: CallRequest,
  provider: Provider,
  traits: TargetTraits,
  signers: ThinkingSigners,
): readonly Amendment[] {
  const withoutThinking = thinkingAmendments(request, provider, traits, signers);
  const amendments: Amendment[] = [...withoutThinking];
  if (features.subagentModel() !== null) {
    amendments.push({ amend: withoutSubagentTag, note: "system: the CCR-SUBAGENT-MODEL tag left out" });
  }
  // Who names one of Anthropic's own models to Anthropic knows what it takes: those bytes pass as they are.
  const isClientsChoice = provider.kind === "anthropic" && request.askedModel === traits.target.model;
  if (provider.kind === "anthropic" && !isClientsChoice && !fits(request, traits)) {
    const note = `max_tokens, thinking, effort, sampling, speed: made to fit ${traits.target.model}`;
    amendments.push({ amend: (body) => fitToModel(body, traits), note });
  }
  if (provider.kind !== "anthropic" && isEffortRefused(request, traits)) {
    const note = `output_config.effort: made to fit ${traits.target.model}`;
    amendments.push({ amend: (body) => fitEffort(body, traits), note });
  }
  if (provider.kind !== "anthropic" && forcesToolUnderThought(request, traits)) {
    const note = "thinking: off beside a forced tool, which the model refuses while it thinks";
    amendments.push({ amend: (body) => ({ ...body, thinking: { type: "disabled" } }), note });
  }
  if (!traits.hasToolChanges && !isClientsChoice && changesTools(request)) {
    amendments.push({ amend: foldToolChanges, note: "messages: tool changes became the list of tools" });
  }
  if (!traits.hasMidConversationSystem && !isClientsChoice && request.holds("messages", "system")) {
    amendments.push({ amend: foldSystemMessages, note: "messages: system messages became marked text of the user" });
  }
  if (withoutThinking.length > 0) {
    amendments.push({ amend: stopThinkingInLoop, note: loopNote });
  }
  return amendments;
}

/** For thinking that is another provider's: marked by our envelope, or remembered. */
function thinkingAmendments(
  request: CallRequest,
  provider: Provider,
  traits: TargetTraits,
  signers: ThinkingSigners,
): readonly Amendment[] {
  const isRedacted = request.holds("messages", "redacted_thinking");
  if (!isRedacted && !request.holds("messages", "signature")) return [];
  const amendments: Amendment[] = [];
  const note = "messages: thinking of another provider left out";
  if (holdsThinkingEnvelope(request.bytes)) amendments.push({ amend: stripForeignThinking, note });
  const signer = signerOf(provider);
  const isForeign = (signature: string): boolean => signers.isForeign(signer, markOf(signature));
  if (signers.knowsForeign(signer) && (isRedacted || holdsSignature(request.bytesOf("messages")!, isForeign))) {
    amendments.push({ amend: (body) => leaveOutThinking(body, isForeign, traits), note });
  }
  return amendments;
}

function chatAmendmentsFor(request: CallRequest, traits: TargetTraits): readonly Amendment[] {
  const { provider, model } = traits.target;
  const isClientsChoice = [model, `${provider}/${model}`, `${provider},${model}`].includes(request.askedModel);
  const answers = [...reasoningAmendments(request, traits), ...callAmendments(request, traits)];
  if (isClientsChoice && isLimitMisnamed(request, traits)) {
    const note = `output limit: under the name that ${model} takes`;
    return [...answers, { amend: (body) => nameOutputLimit(body, traits), note }];
  }
  if (isClientsChoice || fitsChat(request, traits)) return answers;
  const note = `parameters and roles: made to fit ${model}`;
  return [...answers, { amend: (body) => fitChatToModel(body, traits), note }];
}

/** Whether the output limit has a name that the target may not know, which who names the model need not know either. */
function isLimitMisnamed(request: CallRequest, traits: TargetTraits): boolean {
  if (!request.has(otherLimitField(traits))) return false;
  const excerpt = excerptOf(request, ["max_tokens", "max_completion_tokens"]);
  return nameOutputLimit(excerpt, traits) !== excerpt;
}

/** As `fits`. Roles, fields of messages, images, tools and their results are looked for in parts of the request that are not small. */
function fitsChat(request: CallRequest, traits: TargetTraits): boolean {
  const excerpt = excerptOf(request, fittedChatFields);
  if (traits.refusedMessageFields.length > 0 || traits.refusedFields.some((field) => request.has(field))) return false;
  if (hasNarrowSchemas(traits) && request.has("tools")) return false;
  const hasEveryRole = traits.systemRole === "developer" && traits.hasMidConversationSystem;
  if (request.holds("messages", "developer") && !hasEveryRole) return false;
  if (request.holds("messages", "system") && !traits.hasMidConversationSystem) return false;
  if (request.holds("messages", "assistant") && !traits.hasPrefill) return false;
  if (request.holds("messages", "image_url") && !traits.hasImages) return false;
  if (!traits.hasUserAfterTool && request.holds("messages", "tool")) return false;
  const tools = request.has("tools") ? { tools: [{}] } : {};
  const asked = { ...excerpt, ...tools };
  return fitChatToModel(asked, traits) === asked;
}

/** For reasoning in the OpenAI dialect, which each provider sends in a field of its own. */
function reasoningAmendments(request: CallRequest, traits: TargetTraits): readonly Amendment[] {
  const holdsOther =
    traits.refusesUnknownFields &&
    reasoningFields.some((field) => field !== traits.reasoningReturn && request.holds("messages", field));
  const holdsParts = traits.refusesUnknownFields && !traits.hasThinkingParts && request.holds("messages", "thinking");
  const mayLackOwn = traits.wantsReasoningAlways && request.holds("messages", "tool");
  const mayBeForeign = request.holds("messages", "reasoning_details") && request.mentions("messages", '"provider"');
  if (!holdsOther && !holdsParts && !mayLackOwn && !mayBeForeign) return [];
  return [{ amend: (body) => fitReasoning(body, traits), note: "messages: reasoning made to fit the target" }];
}

/** For tool calls that another provider made. */
function callAmendments(request: CallRequest, traits: TargetTraits): readonly Amendment[] {
  const hasForm = traits.toolCallIdPattern !== null || traits.hasThoughtSignatures;
  const mayMisfit = hasForm && request.holds("messages", "tool");
  const isRefused = traits.refusesUnknownFields && request.holds("messages", "extra_content");
  if (!mayMisfit && !isRefused) return [];
  return [{ amend: (body) => fitToolCalls(body, traits), note: "messages: tool calls made to fit the target" }];
}

function changesTools(request: CallRequest): boolean {
  return request.holds("messages", "tool_addition") || request.holds("messages", "tool_removal");
}

/** Whether the target takes what is asked for: read from a few small fields, so that most requests need no parse. */
function fits(request: CallRequest, traits: TargetTraits): boolean {
  const excerpt = excerptOf(request, fittedFields);
  return fitToModel(excerpt, traits) === excerpt;
}

/** For servers of other makers' models that take the effort as it comes, and know some only. */
function isEffortRefused(request: CallRequest, traits: TargetTraits): boolean {
  if (traits.thinkingRequest.kind !== "adaptive") return false;
  const excerpt = excerptOf(request, ["output_config"]);
  return fitEffort(excerpt, traits) !== excerpt;
}

/** Whether a call is forced that the target takes only while it does not think, and it is not told not to. */
function forcesToolUnderThought(request: CallRequest, { toolChoices }: TargetTraits): boolean {
  if (toolChoices !== "forced-unthinking" || !request.has("tool_choice")) return false;
  const { tool_choice, thinking } = excerptOf(request, ["tool_choice", "thinking"]);
  const { type } = toJsonObject(tool_choice);
  return (type === "any" || type === "tool") && toJsonObject(thinking)["type"] !== "disabled";
}

function excerptOf(request: CallRequest, fields: readonly string[]): JsonObject {
  const excerpt: JsonObject = {};
  for (const field of fields) if (request.has(field)) excerpt[field] = request.field(field);
  return excerpt;
}
