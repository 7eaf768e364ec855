/**
 * Which call a piece of `tool_calls` belongs to.
 *
 * `index` should say it, and often does not: two calls share index 0 and differ by id, ids are null, empty, late, new
 * with each piece or repeated for a new call, names are repeated with each piece, whole calls are sent twice, the index
 * is missing. Arguments may come as JSON in a JSON string (vLLM: https://github.com/vllm-project/vllm/pull/54964), or behind
 * an empty object that holds their place (Bedrock: https://github.com/openai/openai-agents-js/pull/712).
 */
import { isJsonObject, parseJson, toJsonObject, toText } from "../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../core/json/json.ts";
import { maxToolCalls } from "../excerpt-bounds.ts";
import { GrowingJson } from "./growing-json.ts";

/** A piece of one call. */
export interface ToolCallPiece {
  /** Number of the call in this answer, from 0. */
  readonly call: number;
  readonly isNew: boolean;
  /** The provider's id; null where the piece has none, or one that belongs to an earlier call. */
  readonly id: string | null;
  readonly name: string | null;
  readonly argumentsText: string;
  /** The arguments so far only held their place: these stand instead of them. */
  readonly isReplacing: boolean;
  /** Gemini's `extra_content.google.thought_signature`. */
  readonly thoughtSignature: string | null;
}

interface Call {
  readonly call: number;
  readonly index: number | null;
  id: string | null;
  name: string | null;
  arguments: GrowingJson;
  /** Arguments that began as a JSON string, until it is whole. */
  readonly quoted: GrowingJson;
}

interface Entry {
  readonly index: number | null;
  readonly id: string | null;
  readonly name: string | null;
  readonly argumentsText: string;
}

/** Of the arguments of one answer's calls this much is kept, to judge pieces by. Longer ones are told all the same. */
const maxKeptCharacters = 16 * 1024 * 1024;

/** A reader of one answer's tool calls. What it keeps is bounded: it also watches answers that pass whatever their size. */
export class ToolCallReader {
  readonly #calls: Call[] = [];
  #keptCharacters = 0;

  /** Reads one entry of a `tool_calls` list. `position`: its place in a whole answer, null in a stream. */
  read(raw: JsonObject, position: number | null): ToolCallPiece {
    const calls = this.#calls;
    const entry = toEntry(raw, position);
    const isFull = calls.length === maxToolCalls; // what begins anew beyond them is taken for more of the last
    const found = findCall(calls, entry) ?? (isFull ? calls.at(-1) : undefined);
    const isNew = found === undefined || (!isFull && startsAnew(found, entry));
    const call = isNew ? addCall(calls, entry, found) : found;
    if (!isNew) {
      call.id ??= entry.id;
      call.name ??= entry.name;
    }
    const isReplacing = !isNew && fillsPlaceholder(call, entry);
    if (isReplacing) call.arguments = new GrowingJson();
    this.#keptCharacters += entry.argumentsText.length;
    const isKept = this.#keptCharacters <= maxKeptCharacters;
    const argumentsText = isKept ? newArguments(call, entry) : entry.argumentsText;
    if (isKept) call.arguments.add(argumentsText);
    const name = isNew ? call.name : entry.name;
    const signature = thoughtSignature(raw);
    return { call: call.call, isNew, id: call.id, name, argumentsText, isReplacing, thoughtSignature: signature };
  }
}

/** An empty object with the blanks around it is no longer than this. */
const emptyObjectLength = 16;

/**
 * Whether a call's arguments are an empty object, in whose place others may yet come. Longer texts are not looked at: they
 * grow piece by piece, and each look would copy them.
 */
export function isEmptyObject(text: string): boolean {
  return text.length <= emptyObjectLength && text.trim() === "{}";
}

/** Whether a call's arguments are a whole JSON object. */
export function isWholeObject(text: string): boolean {
  return text.trimEnd().endsWith("}") && isJsonObject(parseJson(text));
}

function toEntry(raw: JsonObject, position: number | null): Entry {
  const called = toJsonObject(raw["function"]);
  return {
    index: toIndex(raw["index"]) ?? position,
    id: toText(raw["id"]) || null,
    name: toText(called["name"]) || null,
    argumentsText: toArgumentsText(called["arguments"]),
  };
}

/** A number, which may stand in quotes. */
function toIndex(index: JsonValue | undefined): number | null {
  const isNumber = typeof index === "number" || (typeof index === "string" && /^\d+$/.test(index));
  return isNumber ? Number(index) : null;
}

function findCall(calls: readonly Call[], entry: Entry): Call | undefined {
  const { index, id, name } = entry;
  const atIndex = index === null ? undefined : calls.findLast((call) => call.index === index);
  if (atIndex !== undefined) return atIndex;
  const sameId = id === null ? undefined : calls.findLast((call) => call.id === id);
  // A server that counts its pieces instead of its calls repeats the id, but not the name.
  if (sameId !== undefined && (index === null || name === null)) return sameId;
  return id === null && name === null ? calls.at(-1) : undefined;
}

/** Whether a piece at a known call's place begins another one. */
function startsAnew(call: Call, entry: Entry): boolean {
  const { id, name, argumentsText } = entry;
  const isOtherId = id !== null && call.id !== null && id !== call.id;
  // Arguments never begin in their middle: such a piece goes on with the call, whatever its id.
  const isMiddle = call.arguments.text !== "" && name === call.name && /^\s*[^\s{]/.test(argumentsText);
  if (isOtherId && name !== null && !(isMiddle && !call.arguments.isWholeObject())) return true;
  const isSameId = id !== null && id === call.id;
  if (name !== null && call.name !== null && name !== call.name && !isSameId) return true;
  const isRestart = argumentsText.trimStart().startsWith("{") && call.arguments.isWholeObject();
  return isRestart && argumentsText !== call.arguments.text && !fillsPlaceholder(call, entry);
}

/** Whether a piece brings the arguments in the place of an empty object, and not those of one more call. */
function fillsPlaceholder(call: Call, { id, name, argumentsText }: Entry): boolean {
  const isSameCall = name === null || (id !== null && id === call.id);
  const isObject = argumentsText.trimStart().startsWith("{") && !isEmptyObject(argumentsText);
  return isSameCall && isObject && isEmptyObject(call.arguments.text);
}

function addCall(calls: Call[], entry: Entry, before: Call | undefined): Call {
  const isIdTaken = calls.some((call) => call.id === entry.id);
  const call: Call = {
    call: calls.length,
    index: entry.index,
    id: isIdTaken ? null : entry.id,
    // A call that begins anew without a name is one more of the same tool.
    name: entry.name ?? before?.name ?? null,
    arguments: new GrowingJson(),
    quoted: new GrowingJson(),
  };
  calls.push(call);
  return call;
}

/** What stands for no arguments at all; a list is how PHP writes an empty object. */
const noArguments = /^(null|\[\s*\])?$/;

/** The piece's arguments, but for a placeholder at the start and a repetition of the whole. */
function newArguments(call: Call, { argumentsText }: Entry): string {
  if (call.arguments.text === "") {
    if (call.quoted.text !== "" || /^\s*"/.test(argumentsText)) return unquoted(call, argumentsText);
    return noArguments.test(argumentsText.trim()) ? "" : argumentsText;
  }
  const isRepeated = argumentsText === call.arguments.text && call.arguments.isWholeObject();
  return isRepeated ? "" : argumentsText;
}

/** Nothing until the string is whole; then the object that is written in it, or the string itself where none is. */
function unquoted(call: Call, argumentsText: string): string {
  call.quoted.add(argumentsText);
  const text = call.quoted.hasEnded() ? parseJson(call.quoted.text) : undefined;
  if (typeof text !== "string") return "";
  return isWholeObject(text) ? text : call.quoted.text;
}

function toArgumentsText(value: JsonValue | undefined): string {
  if (typeof value === "string") return value;
  return isJsonObject(value) ? JSON.stringify(value) : "";
}

function thoughtSignature(raw: JsonObject): string | null {
  const extra = raw["extra_content"];
  if (extra === undefined) return null;
  return toText(toJsonObject(toJsonObject(extra)["google"])["thought_signature"]) || null;
}
