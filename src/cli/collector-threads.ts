/**
 * Which threads of its own V8's garbage collector uses.
 *
 * The memory of buffers that died is given back by a thread of the collector, for which the next collection waits if it
 * is not done: on one busy core that was 2 of a collection's 3 ms, on two 0.2. Done in the thread that serves calls it
 * takes 0.03 (docs/performance.md).
 *
 * A collection of young objects is divided among threads. With one core they do not help, they only stand in line with the
 * thread that serves calls. `--single-threaded-gc` would say both, but only to a process that starts with it: V8 works out
 * what follows from that flag once. Of what follows these are the parts that count, and heeded at any time.
 */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

export function limitCollectorThreads(): void {
  setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  if (availableParallelism() === 1) setFlagsFromString("--no-parallel-scavenge");
}
