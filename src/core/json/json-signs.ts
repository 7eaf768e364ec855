/**
 * Short strings that tell by their mere presence in a request that a parse is worth its cost: keys and words of an
 * API. A scan that passes every string anyway notes them at next to no cost; to search a megabyte of source code for
 * one of them takes longer than the scan (measured: 0.35 ms for each longer word).
 */
export const signs = [
  "assistant",
  "developer",
  "extra_content",
  "file_id",
  "function",
  "image",
  "image_url",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
  "redacted_thinking",
  "signature",
  "system",
  "thinking",
  "tool",
  "tool_addition",
  "tool_removal",
  "tool_result",
  "tool_use",
  "url",
] as const;

export type Sign = (typeof signs)[number];

/** The sign's bit in a set of them. */
export function bitOf(sign: Sign): number {
  return 1 << signs.indexOf(sign);
}
