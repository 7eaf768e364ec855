/** What bin/ccr.js runs on, and what it refuses. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../test/kit/temporary-folder.ts";

test("a Node that is too old, or runs without WebAssembly, gets one clear line and exit code 2: it is no warning of a check", (t) => {
  const folder = createTemporaryFolder(t);
  const refusalOf = (...flags: readonly string[]): string => {
    const args = [...flags, join(import.meta.dirname, "../../bin/ccr.js"), "version"];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    assert.equal(status, 2);
    return stderr;
  };
  for (const node of ["20.0.0", "22.18.0", "23.11.1"]) {
    const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${node}" } })`;
    const refusal = refusalOf("--import", `data:text/javascript,${encodeURIComponent(old)}`);
    assert.equal(refusal.split(", install")[0], `ccr: needs Node.js 22.19 or newer, but not 23; this is ${node}`);
  }
  assert.match(refusalOf("--jitless"), /^ccr: needs WebAssembly, .* leave out --jitless .*\n$/m);
});

test("the launcher runs the program", () => {
  const bin = join(import.meta.dirname, "../../bin/ccr.js");
  assert.match(
    execFileSync(process.execPath, [bin, "version"], { encoding: "utf8" }),
    /^ccr \d+\.\d+\.\d+ \(Node\.js /,
  );
});
