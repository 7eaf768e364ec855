/**
 * Content blocks of a user's turn or of a tool result, as OpenAI content parts.
 *
 * What the target cannot take becomes a short text that says so: the model can then tell the user, and a session
 * that once held a PDF goes on. No block refuses a call.
 */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { ownValue } from "../../../core/json/own-value.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { toProviderToolName } from "./tool-names.ts";

/** Where blocks are read: the target's abilities, and the notes to write to. */
export interface ContentContext {
  readonly traits: TargetTraits;
  readonly notes: Set<string>;
}

type PartReader = (block: JsonObject, context: ContentContext) => readonly JsonObject[];

const partReaders: Readonly<Record<string, PartReader>> = {
  text: (block) => textParts(toText(block["text"])),
  image: (block, context) => [imagePart(block, context)],
  document: documentParts,
  compaction: (block) => textParts(toText(block["content"])),
  search_result: (block) => textParts(searchResultText(block)),
  tool_reference: (block) => textParts(`Tool ${toProviderToolName(toText(block["tool_name"]))} is available now.`),
};

/** The parts of a content that is a string or a list of blocks. Throws GatewayError `caller_invalid_request` on anything else. */
export function toContentParts(content: JsonValue | undefined, context: ContentContext): JsonObject[] {
  if (typeof content === "string") return textParts(content);
  if (!Array.isArray(content) && (content ?? null) !== null) {
    throw new GatewayError("caller_invalid_request", "content: a text or a list of blocks is required");
  }
  return toJsonArray(content).flatMap((block) => {
    if (!isJsonObject(block)) return [];
    const kind = toText(block["type"]);
    const reader = ownValue(partReaders, kind);
    if (reader !== undefined) return [...reader(block, context)];
    context.notes.add(`content block ${kind}: left out`);
    return [];
  });
}

/** A user message's `content`: one string where all parts are text, because not every server takes lists. */
export function joinParts(parts: readonly JsonObject[]): JsonValue {
  if (parts.every(isTextPart)) return parts.map((part) => toText(part["text"])).join("\n\n");
  return [...parts];
}

/** Whether a part is text: all else goes where media may. */
export function isTextPart(part: JsonObject): boolean {
  return part["type"] === "text";
}

/** Text as a part; none for an empty text, which several providers refuse. */
export function textParts(text: string): JsonObject[] {
  return text === "" ? [] : [{ type: "text", text }];
}

function imagePart(block: JsonObject, context: ContentContext): JsonObject {
  const { traits } = context;
  const source = toJsonObject(block["source"]);
  const kind = toText(source["type"]);
  if (!traits.hasImages) return leftOut("image", "this model takes no images", context);
  if (kind === "base64") {
    return imageUrlPart(`data:${toText(source["media_type"])};base64,${toText(source["data"])}`);
  }
  if (kind === "url" && traits.hasImageUrls) return imageUrlPart(toText(source["url"]));
  if (kind === "url") return leftOut("image", `this model loads no URLs: ${toText(source["url"])}`, context);
  return leftOut("image", "its file is kept by another provider", context);
}

function imageUrlPart(url: string): JsonObject {
  return { type: "image_url", image_url: { url } };
}

function documentParts(block: JsonObject, context: ContentContext): readonly JsonObject[] {
  const source = toJsonObject(block["source"]);
  const title = toText(block["title"]);
  const about = toText(block["context"]);
  const heading = textParts([title, about].filter((line) => line !== "").join("\n"));
  return [...heading, ...documentBody(source, title, context)];
}

function documentBody(source: JsonObject, title: string, context: ContentContext): readonly JsonObject[] {
  switch (toText(source["type"])) {
    case "text":
      return textParts(toText(source["data"]));
    case "content":
      return toContentParts(source["content"], context);
    case "base64":
      return [filePart(source, title, context)];
    case "url":
      return [leftOut("document", `this model loads no URLs: ${toText(source["url"])}`, context)];
    default:
      return [leftOut("document", "its file is kept by another provider", context)];
  }
}

/** OpenAI's file parts: https://platform.openai.com/docs/guides/pdf-files. */
function filePart(source: JsonObject, title: string, context: ContentContext): JsonObject {
  if (!context.traits.hasFiles) return leftOut("document", "this model takes no files", context);
  const mediaType = toText(source["media_type"]);
  return {
    type: "file",
    file: { filename: title || "document.pdf", file_data: `data:${mediaType};base64,${toText(source["data"])}` },
  };
}

function searchResultText(block: JsonObject): string {
  const texts = toJsonArray(block["content"]).map((part) => toText(toJsonObject(part)["text"]));
  return [toText(block["title"]), toText(block["source"]), ...texts].filter((line) => line !== "").join("\n");
}

function leftOut(what: string, reason: string, context: ContentContext): JsonObject {
  context.notes.add(`${what}: left out, ${reason}`);
  return { type: "text", text: `[${what} left out: ${reason}]` };
}
