import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { isoTime } from "../time/iso-time.ts";
import { BufferedOutput } from "./log-output.ts";

test("every line arrives, however the background and the last flush share the work", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ccr-output-"));
  try {
    const path = join(folder, "log");
    const output = new BufferedOutput(openSync(path, "a"));
    const lines = Array.from({ length: 5_000 }, (_, index) => `${index} ${"é".repeat(index % 50)}`);
    for (const [index, line] of lines.entries()) {
      output.write(`${line}\n`);
      if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    output.close();
    output.write("too late\n");
    await new Promise((resolve) => setImmediate(resolve));
    const byNumber = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);
    const written = (): string[] => readFileSync(path, "utf8").replace(/\n$/, "").split("\n").sort(byNumber);
    for (let tries = 0; written().length < lines.length && tries < 1_000; tries++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(written(), lines);
    assert.equal(output.dropped, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a reader that went away costs lines, not the process", async () => {
  const program = `
    import { BufferedOutput } from ${JSON.stringify(new URL("log-output.ts", import.meta.url).href)};
    const output = new BufferedOutput(1);
    process.stdin.once("end", async () => {
      for (let round = 0; round < 20 && output.dropped === 0; round++) {
        for (let index = 0; index < 1000; index++) output.write("x".repeat(100) + "\\n");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      output.flush();
      process.exit(output.dropped > 0 ? 7 : 1);
    }).resume();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdout.destroy();
  await once(child.stdout, "close");
  child.stdin.end();
  assert.deepEqual(await once(child, "exit"), [7, null]);
});

test("the time is written as Date writes it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => isoTime(ms) === new Date(ms).toISOString()),
  );
});
