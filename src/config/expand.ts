/**
 * References in settings: `${VARIABLE}`, `${VARIABLE:-default}`, `${file:/path}`; `$${` stands for a plain `${`.
 *
 * Only texts are looked at, never names of keys, and what a reference brings in is not looked at again.
 */
import type { SettingPath } from "./problem.ts";

export interface ReferenceSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The file's text, or undefined if it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
}

export interface MissingReference {
  readonly path: SettingPath;
  readonly problem: string;
}

export interface Expansion {
  readonly value: unknown;
  readonly missing: readonly MissingReference[];
}

const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;

/** `value` with every reference replaced; those that cannot be are listed, and left as they are. */
export function expandReferences(value: unknown, sources: ReferenceSources): Expansion {
  const missing: MissingReference[] = [];
  const walk = (node: unknown, path: SettingPath): unknown => {
    if (typeof node === "string") return expandText(node, sources, (problem) => missing.push({ path, problem }));
    if (Array.isArray(node)) return node.map((item, index) => walk(item, [...path, index]));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, walk(item, [...path, key])]));
  };
  return { value: walk(value, []), missing };
}

function expandText(text: string, sources: ReferenceSources, onMissing: (problem: string) => void): string {
  return text.replace(reference, (whole, inner: string | undefined, end: string) => {
    if (inner === undefined) return "${";
    const found = end === "" ? unclosed : expandReference(inner, sources);
    if (found.kind === "found") return found.text;
    onMissing(found.problem);
    return whole;
  });
}

type Found = { readonly kind: "found"; readonly text: string } | { readonly kind: "missing"; readonly problem: string };

const unclosed: Found = { kind: "missing", problem: "has a `${` without its `}`; write `$${` for a plain `${`" };

function expandReference(inner: string, sources: ReferenceSources): Found {
  return inner.startsWith("file:") ? expandFile(inner.slice(5), sources) : expandVariable(inner, sources);
}

function expandVariable(inner: string, { environment }: ReferenceSources): Found {
  const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner);
  if (match === null) {
    return { kind: "missing", problem: "has a `${…}` that is no reference; write `$${` for a plain `${`" };
  }
  const [, name = "", fallback] = match;
  const text = environment[name];
  if (text !== undefined && text !== "") return { kind: "found", text };
  if (fallback !== undefined) return { kind: "found", text: fallback };
  return { kind: "missing", problem: `the environment variable ${name} is not set` };
}

/** One line break at the end of a file is the editor's, not the secret's. */
function expandFile(path: string, { readFile }: ReferenceSources): Found {
  const text = readFile(path);
  if (text === undefined) return { kind: "missing", problem: `the file ${path} cannot be read` };
  return { kind: "found", text: text.replace(/\r?\n$/, "") };
}
