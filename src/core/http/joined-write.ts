/** Head and body of a message in one write to its socket, as text of one character a byte (latin1). */

/** Up to here Node writes a string without setting memory aside for it. Larger bodies go out as the bytes that they are. */
export const joinedBytesLimit = 16_384;

/** `bytes` as such a text. */
export function toLatin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1");
}
