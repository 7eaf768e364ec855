import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { test } from "node:test";
import { makeParentSocket, removeDeadSockets } from "./parent-socket.ts";

test("the folder of a killed parent's socket goes; one that is used or not yet used stays", async (t) => {
  const [killed, used, fresh] = [makeParentSocket(), makeParentSocket(), makeParentSocket()];
  t.after(() => [killed, used, fresh].forEach(({ remove }) => remove()));
  const server = createServer().listen(used.path);
  await once(server, "listening");
  t.after(() => void server.close());
  const script = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["-e", script, killed.path]), "exit");
  assert.ok(existsSync(killed.path));
  await removeDeadSockets();
  assert.deepEqual(
    [killed, used, fresh].map(({ path }) => existsSync(dirname(path))),
    [false, true, true],
  );
});
