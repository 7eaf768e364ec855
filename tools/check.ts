/** Everything that can be checked without running the program: types, lint with layers and cycles, format, unused code. */
import { spawnSync } from "node:child_process";

const checks: readonly (readonly [string, readonly string[]])[] = [
  ["types", ["tsc", "-p", "tsconfig.json"]],
  ["lint", ["oxlint", "--type-aware", "--deny-warnings"]],
  ["format", ["oxfmt", "--check", "."]],
  ["unused", ["knip"]],
  ["ops files", ["node", "tools/ops-build.ts", "--check"]],
];

const failures: string[] = [];
for (const [name, [command, ...args]] of checks) {
  const { status, stdout, stderr } = spawnSync(command!, args, { encoding: "utf8" });
  const isGood = status === 0;
  console.log(`${isGood ? "ok    " : "FAILED"} ${name}`);
  if (!isGood) {
    console.log(`${stdout}${stderr}`);
    failures.push(name);
  }
}
if (failures.length > 0) {
  console.log(`failed: ${failures.join(", ")}`);
  process.exitCode = 1;
}
