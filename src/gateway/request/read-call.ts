/**
 * Reads of a request only what the router acts on; the rest stays the bytes that came.
 *
 * One scan finds the top-level fields. `model` is parsed at once, everything else when somebody asks.
 */
import { GatewayError } from "../../core/errors/errors.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import { valuesLimit } from "../../core/json/json-nesting.ts";
import type { ByteSpan } from "../../core/json/json-nesting.ts";
import type { ScannedObject } from "../../core/json/json-scan.ts";
import { fieldsLimit, holdsSign, scanTopLevel } from "../../core/json/json-scan.ts";
import type { Sign } from "../../core/json/json-signs.ts";
import { releaseBytes } from "../../core/release-bytes.ts";
import type { RequestOutline } from "../../dialects/request-outline.ts";
import { outlineRequest } from "../../dialects/request-outline.ts";

export class CallRequest {
  readonly bytes: Buffer;
  readonly askedModel: string;
  readonly #scanned: ScannedObject;
  #body: JsonObject | null = null;
  #outline: RequestOutline | null = null;

  constructor(bytes: Buffer, scanned: ScannedObject, askedModel: string) {
    this.bytes = bytes;
    this.#scanned = scanned;
    this.askedModel = askedModel;
  }

  get isStreaming(): boolean {
    return this.#firstByte("stream") === 0x74; // t of true
  }

  has(field: string): boolean {
    return this.#scanned.fields.has(field);
  }

  /** Names of its fields. */
  fieldNames(): readonly string[] {
    return [...this.#scanned.fields.keys()];
  }

  /** Fields that stand more than once: the last one counts here, the first one perhaps elsewhere. */
  get repeatedFields(): readonly string[] {
    return this.#scanned.repeatedKeys;
  }

  /** A field's value; undefined where it is absent or no JSON. Parsed anew at each call: meant for small fields. */
  field(name: string): JsonValue | undefined {
    const span = this.#scanned.fields.get(name);
    return span === undefined ? undefined : parseJson(this.bytes.toString("utf8", span.start, span.end));
  }

  /** A field's value as it stands in the request; null where it is absent. */
  bytesOf(name: string): Buffer | null {
    const span = this.#scanned.fields.get(name);
    return span === undefined ? null : this.bytes.subarray(span.start, span.end);
  }

  /** Whether `sign` is a string, key or value, within a field's object or list. */
  holds(field: string, sign: Sign): boolean {
    const scanned = this.#scanned.fields.get(field);
    return scanned !== undefined && holdsSign(scanned, sign);
  }

  /** Whether `text` stands anywhere in a field, as it is written in JSON: a search, for small fields and rare texts. */
  mentions(field: string, text: string): boolean {
    const bytes = this.bytesOf(field);
    return bytes !== null && bytes.includes(text);
  }

  /** The whole request. Throws GatewayError `caller_invalid_request` for bytes that are no JSON after all. */
  body(): JsonObject {
    this.#body ??= parseBody(this.bytes);
    return this.#body;
  }

  /** The request for whoever changes it and reads of its texts no more than both ends. Throws as `body` does. */
  outline(): RequestOutline {
    this.#outline ??= outlineRequest(this.bytes, this.#longStringsOfMessages()) ?? {
      body: this.body(),
      render: (document) => Buffer.from(JSON.stringify(document)),
    };
    return this.#outline;
  }

  /** The request's bytes with another model name, nothing else changed. */
  withModel(model: string): Buffer {
    if (model === this.askedModel) return this.bytes;
    const span = this.#scanned.fields.get("model")!;
    const name = Buffer.from(JSON.stringify(model));
    return Buffer.concat([this.bytes.subarray(0, span.start), name, this.bytes.subarray(span.end)]);
  }

  /** Gives the memory of its bytes back: the call is over, nobody reads of its request any more. */
  release(): void {
    releaseBytes(this.bytes);
  }

  #longStringsOfMessages(): readonly ByteSpan[] {
    const { fields, longStrings } = this.#scanned;
    const messages = fields.get("messages");
    return messages === undefined
      ? []
      : longStrings.filter(({ start }) => start > messages.start && start < messages.end);
  }

  #firstByte(field: string): number | undefined {
    const span = this.#scanned.fields.get(field);
    return span === undefined ? undefined : this.bytes[span.start];
  }
}

/** A request that is nested deeper cannot be translated: what walks through it, JSON.stringify included, calls itself. */
const depthLimit = 1_000;

/** Longer than any model's name: names stand in headers of the answer and in keys of databases, which have limits. */
const modelBytesLimit = 512;

const tooManyValues = `the body holds more than ${valuesLimit} JSON values: shorten the conversation, or leave out tools`;

/** Throws GatewayError `caller_invalid_request` for a body that is no object, too deep, of too many values, or names not one model. */
export function readCall(bytes: Buffer): CallRequest {
  const scanned = scanTopLevel(bytes);
  if ("malformedAt" in scanned) {
    if (scanned.tooMany === "fields") throw invalid(`the body has more than ${fieldsLimit} fields`);
    if (scanned.tooMany === "values") throw invalid(tooManyValues);
    if (bytes.length === 0) throw invalid("the body is empty: send a JSON object");
    throw invalid(`the body is not a JSON object: it goes wrong at byte ${scanned.malformedAt}`);
  }
  if (scanned.depth > depthLimit) throw invalid(`the body is nested more than ${depthLimit} levels deep`);
  // Which of two models counts is a matter of the reader: a second one could carry a call past a key's limits.
  if (scanned.repeatedKeys.includes("model")) throw invalid("model: given more than once");
  const span = scanned.fields.get("model");
  const model = span === undefined ? undefined : parseJson(bytes.toString("utf8", span.start, span.end));
  if (typeof model !== "string" || model === "") throw invalid("model: a non-empty string is required");
  if (Buffer.byteLength(model) > modelBytesLimit) throw invalid(`model: longer than ${modelBytesLimit} bytes`);
  if (!scanned.fields.has("messages")) throw invalid("messages: field required");
  return new CallRequest(bytes, scanned, model);
}

function parseBody(bytes: Buffer): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString());
  } catch (error) {
    throw invalid(`the body is not valid JSON: ${(error as Error).message}`);
  }
  if (!isJsonObject(body)) throw invalid("the body must be a JSON object");
  return body;
}

function invalid(message: string): GatewayError {
  return new GatewayError("caller_invalid_request", message);
}
