/** What was thrown, in words: for messages and logs that say why something failed. */

/** An Error's own message; anything else as text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
