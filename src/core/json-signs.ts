/**
 * Short strings that tell by their mere presence in a request that a parse is worth its cost: keys and words of an
 * API. A scan that passes every string anyway notes them at next to no cost; to search a megabyte of source code for
 * one of them takes longer than the scan (measured: 0.35 ms for each longer word).
 */
export const signs = [
  "assistant",
  "file_id",
  "function",
  "image",
  "image_url",
  "redacted_thinking",
  "signature",
  "system",
  "tool",
  "tool_addition",
  "tool_removal",
  "tool_result",
  "tool_use",
  "url",
] as const;

export type Sign = (typeof signs)[number];

interface KnownSign {
  readonly word: Buffer;
  readonly bit: number;
}

const byLength: KnownSign[][] = Array.from({ length: Math.max(...signs.map(({ length }) => length)) + 1 }, () => []);
for (const sign of signs) byLength[sign.length]!.push({ word: Buffer.from(sign), bit: bitOf(sign) });

/** The sign's bit in a set of them. */
export function bitOf(sign: Sign): number {
  return 1 << signs.indexOf(sign);
}

/** The bit of the string between the quotes at `open` and before `end`; 0 where it is no sign, or written with escapes. */
export function signAt(bytes: Buffer, open: number, end: number): number {
  const length = end - open - 2;
  if (length >= byLength.length) return 0;
  const start = open + 1;
  for (const { word, bit } of byLength[length]!) {
    let at = 0;
    while (at < length && bytes[start + at] === word[at]) at++;
    if (at === length && at > 0) return bit;
  }
  return 0;
}
