/**
 * The buffer that all connections read into, from which each takes what is its own before anybody reads again.
 *
 * Node would set 64 KB aside for every read, cut them down to what came, and send that through a stream: some microseconds
 * a call and an event (docs/performance.md).
 */

/** For the system to read into, on the thread that serves calls alone. */
export const sharedReadBuffer: Buffer = Buffer.allocUnsafeSlow(65_536);

/** The `length` bytes that were read last, in memory that the next read leaves alone. */
export function takeRead(length: number): Buffer {
  return Buffer.from(sharedReadBuffer.subarray(0, length));
}
