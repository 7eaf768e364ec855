/**
 * Reads the recorded provider answers and the translation cases that stand beside the project.
 *
 * They are not part of the project: where the folder is absent, everything here answers empty lists, and
 * tests say so by `skipReason`.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json/json.ts";
import { plain } from "./plain.ts";
import { parseSse } from "./sse-text.ts";

export type Strength = "must" | "should" | "contested";

/** One assertion of a case: the keys are the language of the cases. */
export type Assertion = JsonObject;

export interface TranslationCase {
  readonly id: string;
  readonly direction: string;
  readonly strength: Strength;
  readonly note: string | null;
  readonly request: JsonObject | null;
  readonly requestText: string | null;
  readonly upstream: {
    readonly status: number;
    readonly headers: JsonObject;
    readonly body: JsonValue | undefined;
    readonly bodyText: string | undefined;
  } | null;
  /** Data payloads of the provider's stream; empty where the case has none. */
  readonly upstreamSse: readonly string[];
  readonly isSocketClosed: boolean;
  readonly isSplitInsideCharacters: boolean;
  readonly context: JsonObject;
  readonly expect: readonly Assertion[];
}

export type RecordedProtocol = "anthropic" | "openai" | "gemini";

/** One recorded answer, with what a client must end up with. */
export interface RecordedAnswer {
  readonly id: string;
  readonly protocol: RecordedProtocol;
  readonly isStreaming: boolean;
  readonly status: number;
  readonly upstream: string;
  /** Data payloads of a stream, in order; empty for whole answers. */
  readonly payloads: readonly string[];
  /** The body of a whole answer, as text. */
  readonly body: string;
  /** The request that it answers, where it was recorded too. */
  readonly request: JsonObject | null;
  readonly expected: JsonObject;
  /** What is malformed in the recording itself; empty for most. */
  readonly breaks: readonly string[];
}

const root = fileURLToPath(new URL("../../../../shared/fixtures/", import.meta.url));

/** False where tests can run; else the sentence they are skipped with. */
export const skipReason: false | string = existsSync(`${root}expected.json`) ? false : "optional: no recorded fixtures";

/** All cases whose direction starts with `directionPrefix`, in the order of their files. */
export function loadCases(directionPrefix: string): TranslationCase[] {
  if (skipReason !== false) return [];
  return globSync("*/cases.json", { cwd: root })
    .sort()
    .flatMap((file) => toJsonArray(toJsonObject(readJson(file))["cases"]))
    .map((value) => toCase(toJsonObject(value)))
    .filter((testCase) => testCase.direction.startsWith(directionPrefix));
}

/** All recorded answers, or those of one protocol. */
export function loadRecorded(protocol?: RecordedProtocol): RecordedAnswer[] {
  if (skipReason !== false) return [];
  const items = toJsonObject(toJsonObject(readJson("expected.json"))["items"]);
  return Object.entries(items)
    .map(([id, expected]) => toRecorded(id, toJsonObject(expected)))
    .filter((recorded) => protocol === undefined || recorded.protocol === protocol);
}

function toCase(source: JsonObject): TranslationCase {
  const upstream = source["upstream"];
  return {
    id: plain(source["id"]),
    direction: plain(source["direction"]),
    strength: (source["strength"] ?? "must") as Strength,
    note: typeof source["note"] === "string" ? source["note"] : null,
    request: isJsonObject(source["request"]) ? source["request"] : null,
    requestText: typeof source["request_text"] === "string" ? source["request_text"] : null,
    upstream: isJsonObject(upstream)
      ? {
          status: Number(upstream["status"]),
          headers: toJsonObject(upstream["headers"]),
          body: upstream["body"],
          bodyText: typeof upstream["body_text"] === "string" ? upstream["body_text"] : undefined,
        }
      : null,
    upstreamSse: toJsonArray(source["upstream_sse"]).map(plain),
    isSocketClosed: source["upstream_end"] === "close",
    isSplitInsideCharacters: source["split_utf8"] === true,
    context: toJsonObject(source["context"]),
    expect: toJsonArray(source["expect"]).map(toJsonObject),
  };
}

function toRecorded(id: string, expected: JsonObject): RecordedAnswer {
  const isStreaming = expected["streaming"] === true;
  const source = readSource(id, isStreaming);
  return {
    id,
    protocol: expected["protocol"] as RecordedProtocol,
    isStreaming,
    status: Number(expected["status"]),
    upstream: plain(expected["upstream"]),
    payloads: source.payloads,
    body: source.body,
    request: source.request,
    expected,
    breaks: toJsonArray(expected["source_itself_breaks"]).map(plain),
  };
}

function readSource(id: string, isStreaming: boolean): Pick<RecordedAnswer, "payloads" | "body" | "request"> {
  const [file = id, index] = id.split("#");
  if (index !== undefined) return readPair(file, Number(index));
  const text = readFileSync(`${root}${file}`, "utf8");
  if (!isStreaming) return { payloads: [], body: text, request: null };
  const payloads = file.endsWith(".chunks.txt")
    ? text.split("\n").filter((line) => line !== "")
    : parseSse(text).map((event) => event.data);
  return { payloads, body: "", request: null };
}

function readPair(file: string, index: number): Pick<RecordedAnswer, "payloads" | "body" | "request"> {
  const pair = toJsonObject(toJsonArray(toJsonObject(readJson(file))["pairs"])[index]);
  const response = toJsonObject(pair["response"]);
  const requestBody = toJsonObject(pair["request"])["body"];
  const request = isJsonObject(requestBody) ? requestBody : null;
  const sse = response["sse"];
  if (typeof sse === "string") return { payloads: parseSse(sse).map((event) => event.data), body: "", request };
  if (Array.isArray(sse)) return { payloads: sse.map(plain), body: "", request };
  const body = response["body"];
  return { payloads: [], body: typeof body === "string" ? body : JSON.stringify(body), request };
}

function readJson(file: string): JsonValue | undefined {
  return parseJson(readFileSync(`${root}${file}`, "utf8"));
}
