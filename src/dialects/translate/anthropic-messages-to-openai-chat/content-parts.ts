/**
 * Content blocks of a user's turn or of a tool result, as OpenAI content parts.
 *
 * What the target cannot take becomes a short text that says so: the model can then tell the user, and a session
 * that once held a PDF goes on. No block refuses a call.
 */
import { GatewayError } from "../../../core/errors.ts";
import { isJsonObject, toJsonArray, toJsonObject } from "../../../core/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json.ts";
import { ownValue } from "../../../core/own-value.ts";
import type { TargetTraits } from "../../target-traits.ts";
import type { Notes } from "../notes.ts";
import { toProviderToolName } from "./tool-names.ts";

/** Where blocks are read: the target's abilities, and the notes to write to. */
export interface ContentContext {
  readonly traits: TargetTraits;
  readonly notes: Notes;
}

type PartReader = (block: JsonObject, context: ContentContext) => readonly JsonObject[];

const partReaders: Readonly<Record<string, PartReader>> = {
  text: (block) => textParts(stringAt(block, "text")),
  image: (block, context) => [imagePart(block, context)],
  document: documentParts,
  compaction: (block) => textParts(stringAt(block, "content")),
  search_result: (block) => textParts(searchResultText(block)),
  tool_reference: (block) => textParts(`Tool ${toProviderToolName(stringAt(block, "tool_name"))} is available now.`),
};

/** The parts of a content that is a string or a list of blocks. Throws GatewayError `caller_invalid_request` on anything else. */
export function toContentParts(content: JsonValue | undefined, context: ContentContext): JsonObject[] {
  if (typeof content === "string") return textParts(content);
  if (!Array.isArray(content) && (content ?? null) !== null) {
    throw new GatewayError("caller_invalid_request", "content: a text or a list of blocks is required");
  }
  return toJsonArray(content).flatMap((block) => {
    if (!isJsonObject(block)) return [];
    const kind = stringAt(block, "type");
    const reader = ownValue(partReaders, kind);
    if (reader !== undefined) return [...reader(block, context)];
    context.notes.add(`content block ${kind}: left out`);
    return [];
  });
}

/** A user message's `content`: one string where all parts are text, because not every server takes lists. */
export function joinParts(parts: readonly JsonObject[]): JsonValue {
  if (parts.every(isTextPart)) return parts.map((part) => stringAt(part, "text")).join("\n\n");
  return [...parts];
}

export function isTextPart(part: JsonObject): boolean {
  return part["type"] === "text";
}

/** The string at `key`, or "". */
export function stringAt(value: JsonObject, key: string): string {
  const text = value[key];
  return typeof text === "string" ? text : "";
}

/** Text as a part; none for an empty text, which several providers refuse. */
export function textParts(text: string): JsonObject[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function imagePart(block: JsonObject, context: ContentContext): JsonObject {
  const { traits } = context;
  const source = toJsonObject(block["source"]);
  const kind = stringAt(source, "type");
  if (!traits.hasImages) return leftOut("image", "this model takes no images", context);
  if (kind === "base64") {
    return imageUrlPart(`data:${stringAt(source, "media_type")};base64,${stringAt(source, "data")}`);
  }
  if (kind === "url" && traits.hasImageUrls) return imageUrlPart(stringAt(source, "url"));
  if (kind === "url") return leftOut("image", `this model loads no URLs: ${stringAt(source, "url")}`, context);
  return leftOut("image", "its file is kept by another provider", context);
}

function imageUrlPart(url: string): JsonObject {
  return { type: "image_url", image_url: { url } };
}

function documentParts(block: JsonObject, context: ContentContext): readonly JsonObject[] {
  const source = toJsonObject(block["source"]);
  const title = stringAt(block, "title");
  const about = stringAt(block, "context");
  const heading = textParts([title, about].filter((line) => line !== "").join("\n"));
  return [...heading, ...documentBody(source, title, context)];
}

function documentBody(source: JsonObject, title: string, context: ContentContext): readonly JsonObject[] {
  switch (stringAt(source, "type")) {
    case "text":
      return textParts(stringAt(source, "data"));
    case "content":
      return toContentParts(source["content"], context);
    case "base64":
      return [filePart(source, title, context)];
    case "url":
      return [leftOut("document", `this model loads no URLs: ${stringAt(source, "url")}`, context)];
    default:
      return [leftOut("document", "its file is kept by another provider", context)];
  }
}

/** OpenAI's file parts: https://platform.openai.com/docs/guides/pdf-files. */
function filePart(source: JsonObject, title: string, context: ContentContext): JsonObject {
  if (!context.traits.hasFiles) return leftOut("document", "this model takes no files", context);
  const mediaType = stringAt(source, "media_type");
  return {
    type: "file",
    file: { filename: title || "document.pdf", file_data: `data:${mediaType};base64,${stringAt(source, "data")}` },
  };
}

function searchResultText(block: JsonObject): string {
  const texts = toJsonArray(block["content"]).map((part) => stringAt(toJsonObject(part), "text"));
  return [stringAt(block, "title"), stringAt(block, "source"), ...texts].filter((line) => line !== "").join("\n");
}

function leftOut(what: string, reason: string, context: ContentContext): JsonObject {
  context.notes.add(`${what}: left out, ${reason}`);
  return { type: "text", text: `[${what} left out: ${reason}]` };
}
