/**
 * The script language: what a prompt may ask of a simulated model, in the prompt's own text.
 *
 *     [[tool:Bash {"command":"ls"}]]                       one tool call, then its result is awaited
 *     [[tool:Read {"path":"a"}]]&[[tool:Read {"path":"b"}]]  two calls in one turn
 *     [[say:some text]]                                    the answer's text, word for word
 *     [[think:some thought]]                               the thought's text, where thinking is asked for
 *     [[tokens:500]]                                       the length of the answer's text
 *     [[refuse]]                                           the model declines
 *
 * Several tool directives are several turns, in their order; after the last one the model answers with text.
 */
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";

export interface ScriptCall {
  readonly name: string;
  readonly input: JsonObject;
}

export interface Script {
  /** One entry a turn: the calls made in it. */
  readonly steps: readonly (readonly ScriptCall[])[];
  readonly say: string | null;
  readonly think: string | null;
  readonly tokens: number | null;
  readonly isRefusal: boolean;
}

interface Directive {
  readonly name: string;
  readonly argument: string;
  /** Whether it follows the one before it with `&` between. */
  readonly isJoined: boolean;
}

/** Reads the directives in `text`. What is no directive is no part of the script. */
export function parseScript(text: string): Script {
  const steps: ScriptCall[][] = [];
  let say: string | null = null;
  let think: string | null = null;
  let tokens: number | null = null;
  let isRefusal = false;
  for (const directive of findDirectives(text)) {
    if (directive.name === "tool") addCall(steps, directive);
    else if (directive.name === "say") say = directive.argument;
    else if (directive.name === "think") think = directive.argument;
    else if (directive.name === "tokens") tokens = Math.max(1, Number.parseInt(directive.argument, 10) || 1);
    else if (directive.name === "refuse") isRefusal = true;
  }
  return { steps, say, think, tokens, isRefusal };
}

function addCall(steps: ScriptCall[][], directive: Directive): void {
  const space = directive.argument.search(/\s/);
  const name = space === -1 ? directive.argument : directive.argument.slice(0, space);
  const input = space === -1 ? {} : parseJson(directive.argument.slice(space));
  const call = { name, input: isJsonObject(input) ? input : {} };
  const open = steps.at(-1);
  if (directive.isJoined && open !== undefined) open.push(call);
  else steps.push([call]);
}

const opening = /(&?)\s*\[\[(tool|say|think|tokens|refuse)(:?)/g;

function findDirectives(text: string): Directive[] {
  const directives: Directive[] = [];
  if (!text.includes("[[")) return directives;
  opening.lastIndex = 0;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const name = match[2] ?? "";
    const end = findEnd(text, opening.lastIndex, name === "tool");
    if (end === -1) break;
    directives.push({ name, argument: text.slice(opening.lastIndex, end).trim(), isJoined: match[1] === "&" });
    opening.lastIndex = end + 2;
  }
  return directives;
}

/** Where the directive's `]]` stands; one inside the JSON of a tool's input is none. */
function findEnd(text: string, start: number, isTool: boolean): number {
  let end = text.indexOf("]]", start);
  if (!isTool) return end;
  const first = end;
  const brace = text.indexOf("{", start);
  if (brace === -1 || brace > first) return end;
  while (end !== -1) {
    if (parseJson(text.slice(brace, end)) !== undefined) return end;
    // `]]]`: the JSON may end one bracket later.
    end = text.indexOf("]]", end + 1);
  }
  return first;
}
