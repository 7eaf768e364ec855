/** The programs that a run needs and the machine may lack: installed with apt-get where that is possible. */
import { execFileSync } from "node:child_process";
import { hasCommand } from "./machine.ts";

/** Debian's package of each needed command. */
const packages: Readonly<Record<string, string>> = { wrk: "wrk", nginx: "nginx-light", taskset: "util-linux" };

/** Installs what is missing; returns what is still missing then. */
export function installRequirements(say: (line: string) => void): string[] {
  const missing = (): string[] => Object.keys(packages).filter((command) => !hasCommand(command));
  const wanted = missing();
  if (wanted.length === 0 || process.getuid?.() !== 0 || !hasCommand("apt-get")) return wanted;
  const names = wanted.map((command) => packages[command] ?? command);
  say(`installing ${names.join(", ")} with apt-get`);
  try {
    execFileSync("apt-get", ["install", "-y", "--no-install-recommends", ...names], {
      stdio: "ignore",
      timeout: 120_000,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  } catch {
    say("apt-get failed");
  }
  return missing();
}
