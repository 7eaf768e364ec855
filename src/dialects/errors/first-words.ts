/** The beginning of an answer that is none, as it is quoted to the client. Pure. */
import { readErrorBody } from "./read-error-body.ts";

/** Enough for a proxy's sentence. */
const maxCharacters = 200;

/** The first line of what `body` says, bounded; empty where it says nothing. A word that does not fit is left out: half of a key is hidden by nobody. */
export function firstWords(body: string): string {
  const line = readErrorBody(body).message.split(/[\r\n]/, 1)[0] ?? "";
  const text = line.trim();
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters).replace(/\S*$/, "")}…`;
}
