/** What of a request, in either dialect, becomes input tokens: its texts and how often each kind of thing stands in it. */
import { toJsonArray, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";

export interface RequestParts {
  readonly texts: readonly string[];
  /** Each tool as JSON, and output schemas as JSON. */
  readonly tools: readonly string[];
  readonly schemas: readonly string[];
  readonly messages: number;
  readonly toolUses: number;
  readonly toolResults: number;
  /** Data in base64, null for an image by address. */
  readonly images: readonly (string | null)[];
  /** Sizes of files that are no text, in bytes. */
  readonly fileBytes: readonly number[];
}

type Collected = { -readonly [name in keyof RequestParts]: RequestParts[name] extends number ? number : unknown[] };

/** The parts of a request body. Unknown content counts as its JSON. */
export function readRequestParts(body: JsonObject): RequestParts {
  const parts: Collected = {
    texts: [],
    tools: [],
    schemas: [],
    messages: 0,
    toolUses: 0,
    toolResults: 0,
    images: [],
    fileBytes: [],
  };
  addContent(parts, body["system"]);
  for (const message of toJsonArray(body["messages"])) addMessage(parts, toJsonObject(message));
  for (const tool of toJsonArray(body["tools"])) parts.tools.push(JSON.stringify(toolOf(toJsonObject(tool))));
  const schema =
    toJsonObject(toJsonObject(body["output_config"])["format"])["schema"] ??
    toJsonObject(toJsonObject(body["response_format"])["json_schema"])["schema"];
  if (schema !== undefined) parts.schemas.push(JSON.stringify(schema));
  return parts as unknown as RequestParts;
}

/** A tool without what the model does not see. */
function toolOf(tool: JsonObject): JsonObject {
  const { type: _type, cache_control: _cache, function: described, ...rest } = tool;
  return described === undefined ? rest : toJsonObject(described);
}

function addMessage(parts: Collected, message: JsonObject): void {
  parts.messages += 1;
  if (message["role"] === "tool") parts.toolResults += 1;
  addContent(parts, message["content"]);
  for (const call of toJsonArray(message["tool_calls"])) {
    const called = toJsonObject(toJsonObject(call)["function"]);
    parts.toolUses += 1;
    parts.texts.push(toText(called["name"]), toText(called["arguments"]));
  }
}

function addContent(parts: Collected, content: JsonValue | undefined): void {
  if (typeof content === "string") parts.texts.push(content);
  for (const part of toJsonArray(content)) addPart(parts, toJsonObject(part));
}

function addPart(parts: Collected, part: JsonObject): void {
  switch (part["type"]) {
    case "text":
      parts.texts.push(toText(part["text"]));
      break;
    case "thinking":
      parts.texts.push(toText(part["thinking"]));
      break;
    case "tool_use":
      parts.toolUses += 1;
      parts.texts.push(toText(part["name"]), JSON.stringify(part["input"] ?? {}));
      break;
    case "tool_result":
      parts.toolResults += 1;
      addContent(parts, part["content"]);
      break;
    case "image":
      parts.images.push(dataOf(toJsonObject(part["source"])));
      break;
    case "image_url":
      parts.images.push(dataOfUrl(part["image_url"]));
      break;
    case "document":
      addDocument(parts, toJsonObject(part["source"]));
      break;
    case "file":
      addFile(parts, toText(toJsonObject(part["file"])["file_data"]));
      break;
    default:
      parts.texts.push(JSON.stringify(part));
  }
}

function addDocument(parts: Collected, source: JsonObject): void {
  if (source["type"] === "content") addContent(parts, source["content"]);
  else if (source["type"] === "text") parts.texts.push(toText(source["data"]));
  else parts.fileBytes.push((toText(source["data"]).length * 3) / 4);
}

function addFile(parts: Collected, url: string): void {
  const data = url.slice(url.indexOf(",") + 1);
  if (url.startsWith("data:text/")) parts.texts.push(Buffer.from(data, "base64").toString());
  else parts.fileBytes.push((data.length * 3) / 4);
}

function dataOf(source: JsonObject): string | null {
  return source["type"] === "base64" ? toText(source["data"]) : null;
}

function dataOfUrl(image: JsonValue | undefined): string | null {
  const url = typeof image === "string" ? image : toText(toJsonObject(image)["url"]);
  return url.startsWith("data:") ? url.slice(url.indexOf(",") + 1) : null;
}
