import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { makeParentSocket, removeDeadSockets } from "./parent-socket.ts";

async function leaveDeadSocket(path: string): Promise<void> {
  const script = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["-e", script, path]), "exit");
}

test("the folder of a killed parent's socket goes; one that is used or not yet used stays", async (t) => {
  const [killed, used, fresh] = [makeParentSocket(), makeParentSocket(), makeParentSocket()];
  t.after(() => [killed, used, fresh].forEach(({ remove }) => remove()));
  const server = createServer().listen(used.path);
  await once(server, "listening");
  t.after(() => void server.close());
  await leaveDeadSocket(killed.path);
  assert.ok(existsSync(killed.path));
  await removeDeadSockets();
  assert.deepEqual(
    [killed, used, fresh].map(({ path }) => existsSync(dirname(path))),
    [false, true, true],
  );
});

test("a link that somebody put beside these folders is left alone, and what it leads to", async (t) => {
  const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
  const link = join(tmpdir(), `ccr-link-${process.pid}`);
  t.after(() => [elsewhere, link].forEach((path) => rmSync(path, { recursive: true, force: true })));
  await leaveDeadSocket(join(elsewhere, "parent.sock"));
  symlinkSync(elsewhere, link);
  await removeDeadSockets();
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.ok(existsSync(join(elsewhere, "parent.sock")));
});
