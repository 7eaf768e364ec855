/** What the kernel says of a process: processor time, memory, open files. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Clock ticks a second in /proc/PID/stat: fixed at 100 for user space on Linux. */
const ticksPerSecond = 100;

/** Processor seconds (user and system, all threads) that `pid` and its children have used. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const each of withDescendants(pid)) {
    const fields = statFields(each);
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Resident memory of `pid` and its children, in MB (10^6 bytes). */
export function residentMb(pid: number): number {
  let kilobytes = 0;
  for (const each of withDescendants(pid)) {
    const status = readProcess(each, "status");
    kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return (kilobytes * 1024) / 1e6;
}

/** Open file descriptors, and how many of them are sockets. */
export function openFiles(pid: number): { readonly files: number; readonly sockets: number } {
  const folder = `/proc/${pid}/fd`;
  let files = 0;
  let sockets = 0;
  for (const name of readdirSync(folder)) {
    try {
      files++;
      if (readlinkSync(`${folder}/${name}`).startsWith("socket:")) sockets++;
    } catch {
      // Closed between the listing and the look.
    }
  }
  return { files, sockets };
}

/** `pid` and every process below it that is alive. */
function withDescendants(pid: number): number[] {
  const found = [pid];
  for (let index = 0; index < found.length; index++) {
    try {
      const text = readFileSync(`/proc/${found[index]}/task/${found[index]}/children`, "utf8").trim();
      if (text !== "") found.push(...text.split(" ").map(Number));
    } catch {
      // Gone meanwhile, or a kernel without this list: the process itself still counts.
    }
  }
  return found;
}

/** Fields of /proc/PID/stat from the third (state) on: the second, the name, may hold blanks and brackets. */
function statFields(pid: number): string[] {
  const text = readProcess(pid, "stat");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Throws an Error in words where the process has ended. */
function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    throw new Error(`process ${pid} has ended`, { cause: error });
  }
}
