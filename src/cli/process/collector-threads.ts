/**
 * Which threads of its own V8's garbage collector uses.
 *
 * The memory of buffers that died is given back by a thread of the collector, for which the next collection waits if it
 * is not done: on one busy core that was 2 of a collection's 3 ms, on two 0.2. Done in the thread that serves calls it
 * takes 0.03 (docs/performance.md).
 *
 * The rest of a collection is divided among threads. With one core they do not help, they only stand in line with the
 * thread that serves calls: while four of them marked the heap it stood still for 13 to 17 ms at a time, of which it had
 * worked for one. `--single-threaded-gc` would say all of this, but only to a process that starts with it: V8 works out
 * what follows from that flag once. What follows from it is heeded at any time, but for `--no-parallel-marking`: set while
 * a process runs, V8 ends it at the next marking.
 */
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";

const oneCoreFlags = [
  "--no-parallel-scavenge",
  "--no-concurrent-marking",
  "--no-parallel-compaction",
  "--no-parallel-pointer-update",
  "--no-concurrent-sweeping",
];

export function limitCollectorThreads(): void {
  setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  if (availableParallelism() === 1) for (const flag of oneCoreFlags) setFlagsFromString(flag);
}
