/**
 * Text for terminals. Names and messages come from clients and providers: a control character in one could clear the
 * screen, turn what follows around, or show what was never said. The console's dom.js has the same.
 */

/** Those of terminals, those that turn text around, and blanks of no width: two names that look alike may differ by one. */
const controls = /(?![\t\n])\p{Cc}|[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** `text` with control characters spelled out, as JSON writes them; line breaks and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(controls, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
