/**
 * The size of V8's space for young objects.
 *
 * V8 doubles it whenever much of what it holds stays, up to 64 MB, and gives little back. What open streams hold stays, and
 * is no reason for more room. So the space may grow to 8 MB (two halves of 4): with 1,000 streams open that is 15 MB less,
 * at the same processor time a call (docs/performance.md). V8's own flag for it can only be given when a process starts.
 * While the program loads it has all the room it wants, since that is faster: collect-at-rest.ts gives it back.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const largestBytes = 8 * 1024 * 1024;
const lookEveryMs = 250;

/** From now on it may grow up to its bound. */
export function boundYoungGeneration(): void {
  let mayGrow = true;
  const look = (): void => {
    const size = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
    if (mayGrow === size < largestBytes) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  };
  look();
  setInterval(look, lookEveryMs).unref();
}
