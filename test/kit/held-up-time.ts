/** How long this process was kept from going on, by other programs on the machine or by work of its own. */
import type { CleansUp } from "./temporary-folder.ts";

const everyMs = 2;
/** A timer that is later than this tells of more than a timer's own vagueness. */
const vagueMs = 2;

/** Answers the time until now, in milliseconds: what lies between two looks is the difference. Ends with the test `t`. */
export function watchHeldUpTime(t: CleansUp): () => number {
  let heldUpMs = 0;
  let turnAt = performance.now();
  const turn = (): number => {
    const now = performance.now();
    const lateMs = now - turnAt - everyMs;
    if (lateMs > vagueMs) heldUpMs += lateMs;
    turnAt = now;
    return heldUpMs;
  };
  const timer = setInterval(turn, everyMs);
  t.after(() => clearInterval(timer));
  return turn;
}
