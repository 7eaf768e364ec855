/** A settings file as YAML (of which JSON is a part): its value, and the line of each setting. */
import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Alias, Document, ErrorCode } from "yaml";
import { findComment, findJsonProblem } from "./json-problem.ts";
import { errorProblem } from "./problem.ts";
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
  // Its own search for names that stand twice compares each with each: 20,000 in one map took it six seconds.
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    merge: true,
    logLevel: "error",
    uniqueKeys: false,
  });
  const problems = format === "json" ? jsonProblems(text, document, lineCounter) : yamlProblems(document, lineCounter);
  const value: unknown = problems.length === 0 ? toValue(document, lineCounter, problems) : undefined;
  return { value, problems, lineOf: (path) => lineOf(document, lineCounter, path) };
}

/** Aliases that lead nowhere, or multiply without end, are only found when the value is built. */
function toValue(document: Document, lineCounter: LineCounter, problems: ConfigProblem[]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    if (!holdsItself(value)) return value;
    problems.push(errorProblem("has a YAML alias (`*name`) inside its own anchor (`&name`)"));
  } catch {
    const lost = lostAlias(document);
    problems.push(
      lost === null
        ? errorProblem("uses too many YAML aliases (`*name`), or merges (`<<`) what is no map")
        : errorProblem(
            "uses a YAML alias (`*name`) whose anchor (`&name`) is missing; quote texts that start with `*`",
            "",
            lineCounter.linePos(offsetOf(lost) ?? 0).line,
          ),
    );
  }
  return undefined;
}

/** The first one whose anchor does not stand before it. */
function lostAlias(document: Document): Alias | null {
  let lost: Alias | null = null;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      lost = alias;
      return visit.BREAK;
    },
  });
  return lost;
}

function holdsItself(value: unknown, around: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return around.includes(value) || Object.values(value).some((part) => holdsItself(part, [...around, value]));
}

interface SyntaxFault {
  readonly code: ErrorCode;
  readonly offset: number;
}

/** Of what is no YAML the first, since what follows it is its echo; else each name that stands twice. */
function faultsIn(document: Document): readonly SyntaxFault[] {
  const [first] = document.errors;
  return first === undefined ? repeatedNames(document) : [{ code: first.code, offset: first.pos[0] }];
}

/** In the order of the file. */
function repeatedNames(document: Document): readonly SyntaxFault[] {
  const offsets: number[] = [];
  visit(document, {
    Map(_key, { items }) {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (names.has(key.value)) offsets.push(offsetOf(key) ?? 0);
        names.add(key.value);
      }
    },
  });
  return offsets.toSorted((one, other) => one - other).map((offset) => ({ code: "DUPLICATE_KEY", offset }));
}

function yamlProblems(document: Document, lineCounter: LineCounter): ConfigProblem[] {
  return faultsIn(document).map(({ code, offset }) =>
    errorProblem(`is no valid YAML: ${sentences[code]}`, "", lineCounter.linePos(offset).line),
  );
}

/** The first one: what follows it is its echo. */
function jsonProblems(text: string, document: Document, lineCounter: LineCounter): ConfigProblem[] {
  const [error] = faultsIn(document);
  const comment = findComment(text);
  if (error === undefined && comment === null) return [];
  const found = comment ?? findJsonProblem(text);
  const { offset, sentence } = found ?? { offset: error!.offset, sentence: jsonSentence(error!) };
  const { line, col } = lineCounter.linePos(offset);
  return [{ ...errorProblem(`is no valid JSON: ${sentence}`, "", line), column: col }];
}

/** Of what `JSON.parse` does not place, or takes. */
function jsonSentence({ code }: SyntaxFault): string {
  return code === "DUPLICATE_KEY"
    ? sentences[code]
    : "something stands there that JSON does not know, such as a text without its quotes";
}

/** In our own words: the parser's speak to programmers, and may quote what they stumble over, a secret perhaps. */
const sentences: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias (`*name`) is malformed; quote texts that start with `*`",
  BAD_ALIAS:
    "an alias (`*name`) or anchor (`&name`) is malformed; quote texts that start with `*` or `&`, or end with `:`",
  BAD_COLLECTION_TYPE: "a tag (`!name`) does not fit; quote texts that start with `!`",
  BAD_DIRECTIVE: "a line that starts with `%` is no directive; quote texts that start with `%`",
  BAD_DQ_ESCAPE: "a backslash has a meaning inside \"…\"; write two, or take '…' for the quotes",
  BAD_INDENT: "the indentation is off, or a bracket is not closed",
  BAD_PROP_ORDER: "an anchor (`&name`) or tag (`!name`) stands in the wrong place",
  BAD_SCALAR_START: "no text may start with this sign; quote it",
  BLOCK_AS_IMPLICIT_KEY: "a text holds a colon and a space, or the next line is indented too far; quote such a text",
  BLOCK_IN_FLOW: "lists and maps inside `[…]` and `{…}` must be in brackets too",
  DUPLICATE_KEY: "this name stands for the second time in its map; put both into one",
  IMPOSSIBLE: "something stands where nothing may",
  KEY_OVER_1024_CHARS: "a name is too long, or a quote is not closed",
  MISSING_CHAR: "a closing character, or a space after a colon, is missing",
  MULTILINE_IMPLICIT_KEY: "a line is no `name: value`; or it is indented otherwise than those around it",
  MULTIPLE_ANCHORS: "two anchors (`&name`) stand at one place",
  MULTIPLE_DOCS: "more than one document (`---`) is in it",
  MULTIPLE_TAGS: "two tags (`!name`) stand at one place",
  NON_STRING_KEY: "a name must be text",
  RESOURCE_EXHAUSTION: "it is nested too deeply",
  TAB_AS_INDENT: "tabs may not indent; use spaces",
  TAG_RESOLVE_FAILED: "a tag (`!name`) is unknown; quote texts that start with `!`",
  UNEXPECTED_TOKEN:
    "something stands where nothing may; quote texts with special characters, such as `*`, or `${NAME}` inside `{…}`",
};

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
