/** Loaded into the router's process by the soak run: tells what is alive there after a full collection. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface ProbeReading {
  /** Live heap and memory outside of it, after collections. */
  readonly liveMb: number;
  readonly unhandledRejections: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
let unhandledRejections = 0;

process.on("unhandledRejection", (reason) => {
  unhandledRejections++;
  process.stderr.write(`unhandled rejection: ${reason instanceof Error ? reason.stack : JSON.stringify(reason)}\n`);
});
process.on("message", () => {
  for (let times = 0; times < 3; times++) collect();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ liveMb: (heapUsed + external) / 1e6, unhandledRejections } satisfies ProbeReading);
});
// The channel must not keep a router alive that wants to end.
process.channel?.unref();
