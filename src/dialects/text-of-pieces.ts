/** The text of a body that came in these pieces; most come in one, which is not copied. */
export function textOfPieces(pieces: readonly Uint8Array[]): string {
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
