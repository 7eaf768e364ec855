/** Assertions on one JSON document: `at`, `count_at` and `same`. */
import { isDeepStrictEqual } from "node:util";
import { isJsonObject, parseJson, toJsonArray, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json/json.ts";
import { plain } from "./plain.ts";

type Check = (value: JsonValue | undefined, wanted: JsonValue) => boolean;

const checks: Readonly<Record<string, Check>> = {
  eq: (value, wanted) => isDeepStrictEqual(value, wanted),
  in: (value, wanted) => toJsonArray(wanted).some((one) => isDeepStrictEqual(value, one)),
  absent: (value, wanted) => (value === undefined || value === null) === wanted,
  present: (value, wanted) => (value !== undefined && value !== null) === wanted,
  len: (value, wanted) => (Array.isArray(value) || typeof value === "string" ? value.length : -1) === wanted,
  matches: (value, wanted) => typeof value === "string" && new RegExp(plain(wanted)).test(value),
  json_eq: (value, wanted) => typeof value === "string" && isDeepStrictEqual(parseJson(value), wanted),
  text_eq: (value, wanted) => textOf(value) === wanted,
  contains: (value, wanted) => searchable(value).includes(plain(wanted)),
  not_contains: (value, wanted) => !searchable(value).includes(plain(wanted)),
  positive_int: (value, wanted) => (Number.isSafeInteger(value) && Number(value) > 0) === wanted,
  is_int: (value, wanted) => Number.isSafeInteger(value) === wanted,
  is_array: (value, wanted) => Array.isArray(value) === wanted,
  is_object: (value, wanted) => isJsonObject(value) === wanted,
};

/** The failures of one document assertion, or null where the assertion is of another kind. */
export function checkDocument(assertion: JsonObject, document: JsonValue | undefined): string[] | null {
  if (typeof assertion["count_at"] === "string") return checkCount(assertion, document);
  if (Array.isArray(assertion["same"])) return checkSame(assertion["same"], document);
  const pointer = assertion["at"];
  if (typeof pointer !== "string") return null;
  const value = pointerValue(document, pointer);
  const failures: string[] = [];
  for (const [name, wanted] of Object.entries(assertion)) {
    if (name === "at" || name === "strength" || name === "note" || wanted === undefined) continue;
    const check = checks[name];
    if (check === undefined) failures.push(`unknown assertion: ${name}`);
    else if (!check(value, wanted))
      failures.push(`${pointer || "document"} ${name} ${show(wanted)}, but is ${show(value)}`);
  }
  return failures;
}

/** The value at a JSON pointer, undefined where there is none. */
export function pointerValue(document: JsonValue | undefined, pointer: string): JsonValue | undefined {
  if (pointer === "") return document;
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<JsonValue | undefined>((value, part) => {
      if (Array.isArray(value)) return value[Number(part)];
      return isJsonObject(value) ? value[part] : undefined;
    }, document);
}

/** Whether `value` holds all that `wanted` names, at any depth; lists have the same length. */
export function holds(value: JsonValue | undefined, wanted: JsonValue | undefined): boolean {
  if (isJsonObject(wanted)) {
    return isJsonObject(value) && Object.entries(wanted).every(([key, inner]) => holds(value[key], inner));
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value) || value.length !== wanted.length) return false;
    return wanted.every((inner, index) => holds(value[index], inner));
  }
  return isDeepStrictEqual(value, wanted) || (wanted === null && value === undefined);
}

/** `value` as short JSON, for failure messages. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? "missing").slice(0, 300);
}

function checkCount(assertion: JsonObject, document: JsonValue | undefined): string[] {
  const pointer = plain(assertion["count_at"]);
  const where = toJsonObject(assertion["where"]);
  const count = toJsonArray(pointerValue(document, pointer)).filter((item) => holds(item, where)).length;
  return count === assertion["eq"]
    ? []
    : [`${count} items at ${pointer} hold ${show(where)}, not ${show(assertion["eq"])}`];
}

function checkSame(pointers: readonly JsonValue[], document: JsonValue | undefined): string[] {
  const values = pointers.map((pointer) => pointerValue(document, plain(pointer)));
  return values.every((value) => isDeepStrictEqual(value, values[0])) ? [] : [`differ: ${show(pointers)}`];
}

function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  return value.map((part) => plain(toJsonObject(part)["text"])).join("");
}

function searchable(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
