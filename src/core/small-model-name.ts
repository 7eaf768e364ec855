/** Whether a model's name says of itself that it is small and fast, as Claude Code's background calls ask for. */

/** As a word, or the beginning of one (`ministral`): Gemini and MiniMax are no small models by their names. */
const small = /(?<![a-z])(haiku|mini(?!max)|nano|flash|small|lite)/i;

/** Case does not count; a name with its provider in front is read the same way. */
export function isSmallModelName(name: string): boolean {
  return small.test(name);
}
