/**
 * Text for terminals. Names and messages come from clients and providers: a control character in one could clear the
 * screen, or show what was never said.
 */

const controls = /(?![\t\n])\p{Cc}/gu;

/** `text` with control characters spelled out, as JSON writes them; line breaks and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(controls, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
