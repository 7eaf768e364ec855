/**
 * The size of V8's space for young objects.
 *
 * V8 doubles it whenever much of what it holds stays, up to 64 MB, and gives little back. Most of what a start makes
 * stays, and so does what open streams hold; neither is a reason for more room. So the space keeps its first size while
 * the program loads, and may grow to 8 MB (two halves of 4) after that: with 1,000 streams open that is 15 MB less, at
 * the same processor time a call (docs/performance.md). V8's own flag for it can only be given when a process starts.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const largestBytes = 8 * 1024 * 1024;
const lookEveryMs = 250;

/** The space stays as it is. */
export function holdYoungGeneration(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** From now on it may grow up to its bound. */
export function boundYoungGeneration(): void {
  let mayGrow = false;
  const look = (): void => {
    const size = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
    if (mayGrow === size < largestBytes) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  };
  look();
  setInterval(look, lookEveryMs).unref();
}
