/** How much of an answer is kept to judge it by. */

/** Of the text, its end: it tells how an answer ended, and whether it ran in circles. A power of two. */
export const textTailBytes = 4_096;

/** Of a tool call's input all, or nothing where it is longer: half of an input says nothing. */
export const maxInputBytes = 32_768;

/** Of an answer's tool calls these many, the first: more than any answer has. */
export const maxToolCalls = 1_024;

/** The end of a text. */
export function tailOfText(text: string): string {
  return text.slice(-textTailBytes);
}

/** An input, null where it is too long to be kept. */
export function boundedInput(json: string): string | null {
  return json.length <= maxInputBytes ? json : null;
}
