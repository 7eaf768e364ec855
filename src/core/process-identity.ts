/**
 * Whether a process is still the one that was meant. A pid alone says little: the system gives it to others later.
 *
 * The identity is the time at which the process started: in clock ticks on Linux, in seconds where `ps` tells it. A number,
 * so that it can stand in a file's name.
 */
import { readFileSync } from "node:fs";

/** The identity of a running process; null if there is none with this pid, "" where the system does not tell. */
export function processIdentity(pid: number): string | null {
  if (!isAlive(pid)) return null;
  if (process.platform === "linux") return linuxStartTicks(pid);
  return process.platform === "win32" ? "" : startSeconds(pid);
}

/** Whether process `pid` runs and is the one with this identity. */
export function isSameProcess(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** `ps` of macOS and the BSDs writes times as the locale and the time zone of who asks want them; a laptop changes its zone. */
function startSeconds(pid: number): string {
  try {
    // Loaded here alone: the status line has no time for what Linux does not need.
    const { execFileSync } = process.getBuiltinModule("node:child_process");
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env, stdio });
    return String(Date.parse(`${started.trim()} UTC`) / 1000 || "");
  } catch {
    return "";
  }
}

/** Whether process `pid` is paused (SIGSTOP, Ctrl-Z) and hears no signal but SIGCONT and SIGKILL; false where the system does not tell. */
export function isPaused(pid: number): boolean {
  return process.platform === "linux" && linuxFields(pid)?.[0] === "T";
}

function linuxStartTicks(pid: number): string | null {
  const fields = linuxFields(pid);
  if (fields === null) return isAlive(pid) ? "" : null; // without /proc, or with other users' hidden
  return fields[0] === "Z" ? null : (fields[19] ?? "");
}

/** Fields 3 (state) to 52 of /proc/<pid>/stat (proc_pid_stat(5)), counted behind the name, which may hold spaces and brackets. */
function linuxFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
