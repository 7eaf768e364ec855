/**
 * The text of an HTTP/1.1 head, of a request or an answer: one character a byte (latin1), without control characters and
 * without line ends that are not CR LF, which two readers could see differently (RFC 9112, sections 2.2 and 11).
 *
 * Looked at as bytes, by a table: a regular expression over the text takes twice as long.
 */
const tab = 9;
const lf = 10;
const cr = 13;

/** By byte: 1 where it may stand anywhere. */
const isPlain: Uint8Array = new Uint8Array(256).map((_, byte) =>
  Number(byte === tab || (byte >= 0x20 && byte !== 0x7f)),
);

/** null where a byte is in it that must not be. */
export function headText(bytes: Buffer, start: number, end: number): string | null {
  for (let at = start; at < end; at++) {
    if (isPlain[bytes[at]!] === 1) continue;
    if (bytes[at] !== cr || at + 1 === end || bytes[at + 1] !== lf) return null;
    at++;
  }
  return bytes.toString("latin1", start, end);
}
