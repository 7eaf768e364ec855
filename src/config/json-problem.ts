/** What makes a text no JSON, and where: for settings files that are named so. */

export interface JsonProblem {
  readonly offset: number;
  /** Never quotes the text, in which secrets may stand. */
  readonly sentence: string;
}

/** The first comment. YAML, as which JSON is read too, may take it for a part of the name or text beside it. */
export function findComment(text: string): JsonProblem | null {
  const sentence = "JSON knows no comments; leave them out, or name the file `.yaml` and begin them with `#`";
  for (const { 0: found, index: offset } of text.matchAll(/"(?:[^"\\]|\\.)*"|(?<![^\s,[\]{}])\/[/*]/g)) {
    if (!found.startsWith('"')) return { offset, sentence };
  }
  return null;
}

/** null for JSON, and where the parser does not say a place. */
export function findJsonProblem(text: string): JsonProblem | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const { message } = error as SyntaxError;
    const end = text.trimEnd().length;
    // Messages that quote the text name no position.
    const found = /^(.+?)(?: in JSON)? at position (\d+)/.exec(message);
    const offset = message.startsWith("Unexpected end") ? end : Number(found?.[2]);
    if (offset >= end) return { offset: end, sentence: "it ends too early, with something left open" };
    return found === null ? null : { offset, sentence: found[1]! };
  }
}
