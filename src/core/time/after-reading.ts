/** Work that is to come after what the sockets have to say, however long this process stood still before. */

/** A round of the event loop that took longer may have stood still after its reading. */
const longRoundMs = 100;

/** Runs `work` after a round of reading: of what came while this process stood still nothing is overlooked. */
export function afterReading(work: () => void): void {
  const askedAt = performance.now();
  setImmediate(() => {
    if (performance.now() - askedAt > longRoundMs) setImmediate(work);
    else work();
  });
}
