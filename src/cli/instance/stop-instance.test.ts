import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { processIdentity } from "../../core/process-identity.ts";
import type { Instance } from "./find-instance.ts";
import { createOutput } from "../output/output.ts";
import { stopInstance } from "./stop-instance.ts";

test("a router that outlives the end of its calls is told, and called stuck two minutes after it, however long they may take", async (t) => {
  const folder = createTemporaryFolder(t);
  const stubborn = 'process.on("SIGTERM", () => {}); process.stdin.resume(); console.log(1)';
  const router = spawn(process.execPath, ["-e", stubborn], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => router.kill("SIGKILL"));
  await once(router.stdout, "data");
  const pid = router.pid ?? 0;
  t.mock.timers.enable({ apis: ["Date"] });
  const instance = { pid, identity: processIdentity(pid), state: "stopping", callsEndAtMs: 600_000 } as Instance;
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "state/router.json"), JSON.stringify(instance));
  const said = new EventEmitter();
  const output = createOutput({ write: (text) => said.emit("line", text) }, {});
  const nextLine = async (): Promise<string> =>
    ((await Promise.race([once(said, "line"), stopped])) ?? [""])[0] as string;
  const environment = { CCR_HOME: join(folder, "state") };
  const stopped = stopInstance({ environment, folder, output, notes: output, isInteractive: false }, instance);
  assert.match(await nextLine(), /^ccr: running calls may finish/);
  t.mock.timers.setTime(719_000);
  assert.match(await nextLine(), /^ccr: process \d+ has cut its calls by now, .* kill -CONT/);
  t.mock.timers.setTime(721_000);
  await assert.rejects(stopped, { message: `process ${pid} does not end` });
});
