/** Content parts of the OpenAI dialect as Anthropic's content blocks. */
import { GatewayError } from "../../../core/errors/errors.ts";
import { isJsonObject, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";

/**
 * The blocks of a user message's or tool result's content. Blank text is left out: the API refuses it.
 * Throws `caller_unsupported_content` on what the target cannot take, `caller_invalid_request` on what is no content.
 */
export function toContentBlocks(content: JsonValue | undefined, traits: TargetTraits): JsonObject[] {
  if (typeof content === "string") return textBlocks(content);
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) {
    throw new GatewayError("caller_invalid_request", "`content` of a message must be a text or a list of parts.");
  }
  return content.flatMap((part) => toBlocks(part, traits));
}

/** A text block, or none for blank text. */
export function textBlocks(text: string, cacheControl?: JsonValue): JsonObject[] {
  if (text.trim() === "") return [];
  return [{ type: "text", text, ...(isJsonObject(cacheControl) && { cache_control: cacheControl }) }];
}

function toBlocks(part: JsonValue, traits: TargetTraits): JsonObject[] {
  if (typeof part === "string") return textBlocks(part);
  const fields = toJsonObject(part);
  switch (fields["type"]) {
    case "text":
      return textBlocks(toText(fields["text"]), fields["cache_control"]);
    case "refusal":
      return textBlocks(toText(fields["refusal"]));
    case "image_url":
      return [toImage(fields["image_url"], traits)];
    case "file":
      return [toFile(toJsonObject(fields["file"]), traits)];
    // Mistral's, in answers that clients return: thinking without a signature, and numbers of sources.
    case "thinking":
    case "reference":
      return [];
    case "input_audio":
      throw unsupported("The target takes no audio: send its transcript.");
    default:
      throw unsupported(`A content part of type ${JSON.stringify(fields["type"])} cannot be sent to this target.`);
  }
}

function toImage(image: JsonValue | undefined, traits: TargetTraits): JsonObject {
  const url = typeof image === "string" ? image : toText(toJsonObject(image)["url"]);
  if (!traits.hasImages) throw unsupported("The target takes no images.");
  const data = readDataUrl(url);
  if (data !== null) return toImageBlock(data);
  if (!/^https:\/\//i.test(url)) throw unsupported("An image must be a data: or an https: URL.");
  if (!traits.hasImageUrls) throw unsupported("The target takes images as data only: send a data: URL.");
  return { type: "image", source: { type: "url", url } };
}

function toImageBlock({ mediaType, data }: DataUrl): JsonObject {
  const type = mediaType === "image/jpg" ? "image/jpeg" : mediaType;
  if (!imageTypes.has(type)) throw unsupported(`The target takes no images of type ${type}.`);
  return { type: "image", source: { type: "base64", media_type: type, data } };
}

const imageTypes: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

function toFile(file: JsonObject, traits: TargetTraits): JsonObject {
  if (file["file_data"] === undefined)
    throw unsupported("A file must come as `file_data`: ids of uploaded files mean nothing to this target.");
  const data = readDataUrl(toText(file["file_data"]));
  if (data === null) throw unsupported("`file_data` must be a data: URL in base64.");
  if (data.mediaType.startsWith("image/")) {
    if (!traits.hasImages) throw unsupported("The target takes no images.");
    return toImageBlock(data);
  }
  if (!traits.hasFiles) throw unsupported("The target takes no files.");
  const title = toText(file["filename"]);
  return { type: "document", source: documentSource(data), ...(title !== "" && { title }) };
}

function documentSource({ mediaType, data }: DataUrl): JsonObject {
  if (mediaType === "application/pdf") return { type: "base64", media_type: mediaType, data };
  if (mediaType.startsWith("text/")) {
    return { type: "text", media_type: "text/plain", data: Buffer.from(data, "base64").toString() };
  }
  throw unsupported(`The target takes no files of type ${mediaType}: only PDF, text and images.`);
}

interface DataUrl {
  readonly mediaType: string;
  readonly data: string;
}

/** Media type and base64 data of a data: URL; null for any other text. */
function readDataUrl(url: string): DataUrl | null {
  // No regular expression over the data: images have megabytes.
  const comma = url.indexOf(",");
  const head = comma === -1 ? "" : url.slice(0, comma);
  const [, mediaType] = /^data:([^;,]+)(?:;[^;,]+)*;base64$/i.exec(head) ?? [];
  return mediaType === undefined ? null : { mediaType: mediaType.toLowerCase(), data: url.slice(comma + 1) };
}

function unsupported(message: string): GatewayError {
  return new GatewayError("caller_unsupported_content", message);
}
