/** A system message as text of the user, for targets that take none between other messages. */

/** `text`, marked as the system's. Empty texts are the caller's to leave out. */
export function markedAsSystem(text: string): string {
  return `<system>\n${text}\n</system>`;
}
