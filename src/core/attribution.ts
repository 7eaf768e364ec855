/**
 * Claude Code's attribution: a line with its version and a checksum, different in each session, at the head of the system
 * prompt. Only Anthropic reads it.
 */

/** How the line begins. */
export const attributionPrefix = "x-anthropic-billing-header:";

/** The text of a system prompt, or of its first block, without the line; the text itself where it does not begin with it. */
export function withoutAttribution(text: string): string {
  return text.startsWith(attributionPrefix) ? text.replace(/^.*(?:\r?\n)*/, "") : text;
}
