/** The machine that a run was made on: what a reader needs to judge its numbers. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";

export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly nginx: string;
  readonly wrk: string;
  /** 1-minute load average as the run began: above 0.2, others were at work. */
  readonly loadAtStart: number;
}

export function readMachineFacts(): MachineFacts {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.cpus().length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    node: process.version,
    nginx: versionOf("nginx", /nginx\/(\S+)/),
    wrk: versionOf("wrk", /wrk (?:debian\/)?(\S+)/),
    loadAtStart: Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]),
  };
}

/** Whether `command` can be run here. */
export function hasCommand(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function versionOf(command: string, pattern: RegExp): string {
  if (!hasCommand(command)) return "absent";
  // Both print their version where they please and wrk ends with an error after it.
  const text = execFileSync("sh", ["-c", `${command} -v 2>&1 || true`], { encoding: "utf8" });
  return pattern.exec(text)?.[1] ?? "unknown";
}
