/**
 * Gives the memory of a large buffer back at once, in place of leaving it to the garbage collector.
 *
 * V8 counts such memory, and after every few dozen megabytes of it marks the whole heap: at 1 MB a request that was
 * half of the processor time of a call, and the memory that came next was always new to the process. The buffer is
 * empty afterwards for whoever still holds it, so nothing can leak from one call into another.
 */

/** Smaller buffers may share their memory with others, and cost the collector little. */
const largeBytes = 16_384;

/** Only for the one owner of `bytes`, and only when no write of them is under way. Parts of a buffer are left alone. */
export function releaseBytes(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (byteLength < largeBytes || buffer.byteLength !== byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}
