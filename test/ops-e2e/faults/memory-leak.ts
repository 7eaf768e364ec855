import type { Fault } from "../fault.ts";

/** Rules of one's own run in the router, so their leaks are its leaks. */
const leakyModule = `
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const kept: unknown[] = [];

export default (call: { header(name: string): string | undefined }) => {
  const wish = call.header("x-leak");
  // 240 MB in all, soon there: more would only make the garbage collector's pauses the trouble.
  if (wish === "yes" && kept.length < 30) kept.push(new Array(1_000_000).fill(0.5));
  if (wish === "no" && kept.length > 0) {
    kept.length = 0;
    // Else it would do so when it likes, which may take minutes.
    collectGarbage();
  }
  return null;
};
`;

export const memoryLeak: Fault = {
  name: "memory-leak",
  title: "a module of own rules keeps eight megabytes of each of thirty calls",
  alert: "MemoryLeak",
  routeModule: leakyModule,
  // A process of less than an hour, three minutes here, is not judged.
  calmSeconds: 185,
  resolveWithinSeconds: 120,
  load: { headers: {} },
  inject: ({ load }) => load.change({ headers: { "x-leak": "yes" } }),
  mend: ({ load }) => load.change({ headers: { "x-leak": "no" } }),
};
