/**
 * V8's garbage collector on one core.
 *
 * It divides a collection of young objects among threads of its own. With one core they do not help, they only stand in line
 * with the thread that serves calls. `--single-threaded-gc` would say it all, but only to a process that starts with it:
 * V8 works out what follows from that flag once. Of what follows this is the part that counts, and heeded at any time.
 */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

export function collectWithoutThreadsOnOneCore(): void {
  if (availableParallelism() === 1) setFlagsFromString("--no-parallel-scavenge");
}
