/** A settings file as YAML (of which JSON is a part): its value, and the line of each setting. */
import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, YAMLError } from "yaml";
import { findJsonProblem } from "./json-problem.ts";
import type { ConfigProblem, SettingPath } from "./problem.ts";

/** What a file calls itself. JSON is read as YAML too, so that a comma too many does no harm; only problems are told otherwise. */
export type SettingsFormat = "yaml" | "json";

export interface SettingsDocument {
  readonly value: unknown;
  /** What makes it unreadable; empty for a readable document. */
  readonly problems: readonly ConfigProblem[];
  /** Line of the setting, or of the nearest one around it that is in the file. */
  lineOf(path: SettingPath): number | null;
}

/** Reads `text`; a broken document has problems and no value. */
export function readDocument(text: string, format: SettingsFormat = "yaml"): SettingsDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  const problems = format === "json" ? jsonProblems(text, document, lineCounter) : yamlProblems(document, lineCounter);
  const value: unknown = problems.length === 0 ? toValue(document, problems) : undefined;
  return { value, problems, lineOf: (path) => lineOf(document, lineCounter, path) };
}

/** Aliases that lead nowhere, or multiply without end, are only found when the value is built. */
function toValue(document: Document, problems: ConfigProblem[]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    if (!holdsItself(value)) return value;
    problems.push(problem(null, "has a YAML alias (`*name`) inside its own anchor (`&name`)"));
  } catch {
    problems.push(problem(null, "uses a YAML alias (`*name`) whose anchor (`&name`) is missing, or too many of them"));
  }
  return undefined;
}

function holdsItself(value: unknown, around: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return around.includes(value) || Object.values(value).some((part) => holdsItself(part, [...around, value]));
}

function yamlProblems({ errors }: Document, lineCounter: LineCounter): ConfigProblem[] {
  return errors.map((error) => {
    const { line } = lineCounter.linePos(error.pos[0]);
    return problem(line, `is no valid YAML: ${sentenceOf(error)}`);
  });
}

/** The first one: what follows it is its echo. */
function jsonProblems(text: string, { errors }: Document, lineCounter: LineCounter): ConfigProblem[] {
  const [error] = errors;
  if (error === undefined) return [];
  const { offset, sentence } = findJsonProblem(text) ?? { offset: error.pos[0], sentence: sentenceOf(error) };
  const { line, col } = lineCounter.linePos(offset);
  return [{ ...problem(line, `is no valid JSON: ${sentence}`), column: col }];
}

function sentenceOf(error: YAMLError): string {
  // The parser's sentences may quote what they stumble over, a secret perhaps, or speak to programmers (`parse()`).
  const isUnfit = /[:"'`]|\w\(\)/.test(error.message);
  const sentence = isUnfit ? sentences[error.code] : error.message;
  return sentence ?? `see ${error.code.toLowerCase().replaceAll("_", " ")}`;
}

const sentences: Readonly<Record<string, string>> = {
  BAD_ALIAS: "an alias (`*name`) is malformed; quote texts that start with `*`",
  BAD_INDENT: "the indentation is off",
  MULTIPLE_DOCS: "more than one document (`---`) is in it",
  MISSING_CHAR: "a closing character, or a space after a colon, is missing",
  TAB_AS_INDENT: "tabs may not indent; use spaces",
  UNEXPECTED_TOKEN: "something stands where nothing may; quote texts with special characters",
};

function problem(line: number | null, text: string): ConfigProblem {
  return { severity: "error", path: "", line, problem: text, nearest: null };
}

function lineOf(document: Document, lineCounter: LineCounter, path: SettingPath): number | null {
  let node: unknown = document.contents;
  let offset: number | null = null;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) break;
      offset = offsetOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      offset = offsetOf(node) ?? offset;
    } else break;
  }
  return offset === null ? null : lineCounter.linePos(offset).line;
}

function offsetOf(node: unknown): number | null {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] ?? null;
}
