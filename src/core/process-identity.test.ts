import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const module = JSON.stringify(new URL("./process-identity.ts", import.meta.url));

/** What a process that `prepare` makes look like another system's says of this one, and of one that is not there. */
function seenBy(prepare: string, env: NodeJS.ProcessEnv = {}): { readonly here: unknown; readonly nowhere: unknown } {
  const program = `${prepare}
    const { processIdentity } = await import(${module});
    console.log(JSON.stringify({ here: processIdentity(${process.pid}), nowhere: processIdentity(999999999) }));`;
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", program], options)) as never;
}

test("where `ps` tells it, an identity is the same in every time zone and language", () => {
  const macOs = 'Object.defineProperty(process, "platform", { value: "darwin" });';
  const tokyo = seenBy(macOs, { TZ: "Asia/Tokyo", LC_ALL: "de_DE.UTF-8" });
  assert.match(String(tokyo.here), /^\d+$/);
  assert.deepEqual(seenBy(macOs, { TZ: "America/New_York", LC_ALL: "C" }), tokyo);
  assert.equal(tokyo.nowhere, null);
});

test("where nothing tells it, a process counts as the one that was meant for as long as it runs", () => {
  const withoutProc = `
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const read = fs.readFileSync;
    fs.readFileSync = (path, ...rest) => read(String(path).startsWith("/proc/") ? "/nowhere" : path, ...rest);
    syncBuiltinESMExports();`;
  assert.deepEqual(seenBy(withoutProc), { here: "", nowhere: null });
  const withoutPs = 'Object.defineProperty(process, "platform", { value: "android" }); process.env.PATH = "/nowhere";';
  assert.deepEqual(seenBy(withoutPs), { here: "", nowhere: null });
});
