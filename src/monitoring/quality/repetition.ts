/** Whether a text ended in a loop: the same piece again and again, as models at fault write it. Pure. */

/** Only the end is looked at: a loop does not stop by itself. */
const tailLength = 2_400;
const longestPiece = 240;
const fewestRepeats = 8;
/** Rules of dashes and the like are no loop. */
const fewestDifferentCharacters = 4;

/** True where the end of `text` is one piece of at most 240 characters, at least eight times over. */
export function isLooping(text: string): boolean {
  const tail = text.slice(-tailLength);
  if (tail.length < longestPiece) return false;
  const period = periodOfEnd(tail);
  if (period === null) return false;
  const piece = tail.slice(-period);
  return new Set(piece).size >= fewestDifferentCharacters;
}

/** The shortest period (≤ 240) that the end of the text keeps for at least eight rounds and 240 characters. */
function periodOfEnd(text: string): number | null {
  for (let period = 1; period <= longestPiece; period++) {
    const needed = Math.max(period * fewestRepeats, longestPiece);
    if (needed > text.length) return null;
    let length = period;
    let at = text.length - 1 - length;
    while (length < needed && text.charCodeAt(at) === text.charCodeAt(at + period)) {
      length++;
      at--;
    }
    if (length >= needed) return period;
  }
  return null;
}
