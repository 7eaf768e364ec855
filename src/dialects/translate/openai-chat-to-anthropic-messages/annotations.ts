/** Citations of web pages as `url_citation` annotations. Citations of documents have no counterpart. */
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonObject } from "../../../core/json/json.ts";

/** A part of the answer's text, in characters. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** The annotations of the citations that belong to `range`, one for each page. */
export function toAnnotations(citations: readonly JsonObject[], range: TextRange): JsonObject[] {
  const pages = new Map<string, JsonObject>();
  for (const { url, title } of citations) {
    if (typeof url !== "string" || pages.has(url)) continue;
    const page = {
      url,
      title: typeof title === "string" ? title : url,
      start_index: range.start,
      end_index: range.end,
    };
    pages.set(url, { type: "url_citation", url_citation: page });
  }
  return [...pages.values()];
}

/** The annotations of a whole message's text blocks, whose texts are joined. */
export function annotationsOfBlocks(blocks: readonly JsonObject[]): JsonObject[] {
  let end = 0;
  return blocks.flatMap((block) => {
    const start = end;
    end += typeof block["text"] === "string" ? block["text"].length : 0;
    return toAnnotations(toJsonArray(block["citations"]).map(toJsonObject), { start, end });
  });
}
