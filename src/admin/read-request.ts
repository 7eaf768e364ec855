/** What any route of the operators' API does with a request: reads it strictly, and answers in JSON. */
import { GatewayError } from "../core/errors/errors.ts";
import type { JsonObject, JsonValue } from "../core/json/json.ts";
import type { AdminAnswer } from "./admin-route.ts";

/**
 * Throws GatewayError for a parameter that nobody knows, or that stands twice and is no list (`name[]`): the answer would
 * be about something else than was meant.
 */
export function refuseUnknownParameters(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name)) throw unknownName(name, known);
    if (!name.endsWith("[]") && query.getAll(name).length > 1) throw invalid(`${name}: is given more than once`);
  }
}

/** Throws GatewayError for a field whose meaning nobody knows: a slip of the pen would change more than was meant. */
export function refuseUnknownFields(body: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined) throw unknownName(unknown, known);
}

/** The value of a parameter; undefined where it is not given, or empty. */
export function textOf(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}

/** The value of `name` among `values`, or undefined where it is not given. Throws GatewayError. */
export function oneOf<Value extends string>(
  name: string,
  text: string | undefined,
  values: readonly Value[],
): Value | undefined {
  const found = values.find((value) => value === text);
  if (found === undefined && text !== undefined) throw invalid(`${name}: one of ${values.join(", ")}, not ${text}`);
  return found;
}

/** A count from 1 to `most`. */
export function readLimit(query: URLSearchParams, otherwise: number, most: number): number {
  const text = textOf(query, "limit");
  if (text === undefined) return otherwise;
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > most) throw invalid(`limit: from 1 to ${most}`);
  return limit;
}

/** Read models are JSON by construction: their types only say more. */
export function jsonAnswer(body: object): AdminAnswer {
  return { status: 200, body: body as JsonValue };
}

/** What a caller got wrong: `message` begins with the name of the field or parameter. */
export function invalid(message: string): GatewayError {
  return new GatewayError("caller_invalid_request", message);
}

function unknownName(name: string, known: readonly string[]): GatewayError {
  return invalid(`${name.slice(0, 100)}: is not known; known: ${known.join(", ")}`);
}
