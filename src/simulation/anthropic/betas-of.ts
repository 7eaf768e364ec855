import type { RequestHeaders } from "../profile.ts";

/** What a request's `anthropic-beta` headers ask for, as one text. */
export function betasOf(headers: RequestHeaders): string {
  return [headers["anthropic-beta"] ?? []].flat().join(",");
}
