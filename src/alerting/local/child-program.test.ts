import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { waitUntil } from "../../../test/kit/wait-until.ts";
import { startChildProgram, untilReady } from "./child-program.ts";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a program is ended by stop, which may be called twice, and tells what it wrote", async (t) => {
  const folder = createTemporaryFolder(t);
  const program = await startChildProgram({
    name: "sleeper",
    command: "/bin/sh",
    args: ["-c", 'echo "some words"; exec sleep 60'],
    folder,
  });
  assert.ok(program.pid !== null && isAlive(program.pid));
  await waitUntil("its words are here", () => program.output().includes("some words"));
  await program.stop();
  await program.stop();
  assert.ok(!isAlive(program.pid) && !program.isRunning());
});

test("a program that ends at once is an error with its last words", async (t) => {
  const folder = createTemporaryFolder(t);
  const args = ["-c", "echo no such flag >&2; exit 3"];
  const program = await startChildProgram({ name: "loser", command: "/bin/sh", args, folder });
  assert.equal(await program.exited, 3);
  await assert.rejects(untilReady(program, "http://127.0.0.1:1/"), /loser ended at once:\nno such flag/);
});

test("programs end with the process that started them, whatever ends it", async (t) => {
  const folder = createTemporaryFolder(t);
  const source = `
    const { startChildProgram } = await import(${JSON.stringify(new URL("child-program.ts", import.meta.url).href)});
    const program = await startChildProgram({ name: "s", command: "sleep", args: ["60"], folder: ${JSON.stringify(folder)} });
    console.log(program.pid);
    setInterval(() => undefined, 1000);
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void parent.kill("SIGKILL"));
  const pid = await new Promise<number>((resolve) =>
    createInterface({ input: parent.stdout }).once("line", (line) => resolve(Number(line))),
  );
  assert.ok(isAlive(pid));
  parent.kill("SIGKILL");
  await waitUntil("it is gone", () => !isAlive(pid));
});
