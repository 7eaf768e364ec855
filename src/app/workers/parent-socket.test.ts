import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
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

test("a folder for temporary files with a name too long for a socket: there is one elsewhere", async (t) => {
  const { TMPDIR } = process.env;
  t.after(() => void (TMPDIR === undefined ? delete process.env["TMPDIR"] : (process.env["TMPDIR"] = TMPDIR)));
  const long = join(mkdtempSync(join(tmpdir(), "long-")), "x".repeat(100));
  mkdirSync(long);
  t.after(() => rmSync(dirname(long), { recursive: true }));
  process.env["TMPDIR"] = long;
  const { path, remove } = makeParentSocket();
  t.after(remove);
  const server = createServer().listen(path);
  await once(server, "listening");
  server.close();
});

test("on Windows, where a path is no socket's, there is a named pipe", () => {
  const module = JSON.stringify(new URL("./parent-socket.ts", import.meta.url));
  const program = `Object.defineProperty(process, "platform", { value: "win32" });
    const { makeParentSocket } = await import(${module});
    const { path, remove } = makeParentSocket();
    console.log(path);
    remove();`;
  const told = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.match(told, /^\\\\\.\\pipe\\ccr-\w+\n$/);
});
