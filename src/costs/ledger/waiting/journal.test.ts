import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { createManualClock } from "../../../core/time/clock.ts";
import { silentLogger } from "../../../core/log/logging.ts";
import { createRecovery } from "./journal-recovery.ts";
import { Journal } from "./journal.ts";
import { rowFromRecord } from "../row.ts";
import { rowFromLine } from "./row-line.ts";
import { createTestRecord } from "../test-record.ts";
import { WriteBuffer } from "./write-buffer.ts";

interface Place {
  readonly path: string;
  readonly files: () => readonly string[];
}

async function inFolder(run: (place: Place) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  try {
    await run({
      path: join(folder, "ledger.sqlite"),
      files: () => readdirSync(folder).map((name) => join(folder, name)),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The file of a process that is gone. */
const leftBy = (path: string, name: string): string => `${path}.settled-${name}.ndjson`;

async function recover(path: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const recovery = createRecovery(path, (batch) => Promise.resolve(void lines.push(...batch)), silentLogger);
  assert.equal(await recovery.run(), true);
  await recovery.close();
  return lines;
}

test("lines that are in the database leave nothing behind, others stay for the next process", () =>
  inFolder(({ path, files }) => {
    const done = new Journal(path);
    done.append(Buffer.from('{"a":1}\n{"a":2}\n'), 2);
    done.forget(2);
    assert.deepEqual(
      files().map((file) => statSync(file).size),
      [0],
    );
    done.close();
    assert.deepEqual(files(), []);
    const left = new Journal(path);
    left.append(Buffer.from('{"a":3}\n{"a":4}\n'), 2);
    left.forget(1);
    left.close();
    assert.equal(files().length, 1);
    assert.equal(statSync(files()[0]!).mode & 0o077, 0, "only its owner may read it");
  }));

test("a journal that a slow database lets grow is given back in pieces, as rows are written", () =>
  inFolder(({ path, files }) => {
    const journal = new Journal(path);
    const line = Buffer.from(`${JSON.stringify({ text: "x".repeat(1_000_000) })}\n`);
    for (let index = 0; index < 30; index++) journal.append(line, 1);
    assert.equal(files().length, 10);
    journal.forget(20);
    assert.equal(files().length, 5, "one of them to be written over");
    journal.forget(10);
    assert.deepEqual(
      files().map((file) => statSync(file).size),
      [0],
    );
    journal.close();
  }));

test("files that are written over give back each line that still waits, whole, and no other line that was not there", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          lines: fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 4 }),
          written: fc.nat(4),
        }),
        {
          minLength: 5,
          maxLength: 30,
        },
      ),
      (turns) =>
        inFolder(async ({ path, files }) => {
          const journal = new Journal(path);
          const added: string[] = [];
          let forgotten = 0;
          for (const { lines, written } of turns) {
            // Words that look like the beginnings and ends of lines: what is cut through must not be taken for one.
            const texts = lines.map((length, index) =>
              JSON.stringify([added.length + index, '[1]",["\\'.repeat(length / 8)]),
            );
            added.push(...texts);
            journal.append(Buffer.from(texts.map((text) => `${text}\n`).join("")), texts.length);
            // One always waits: the router is busy.
            const done = Math.min(written, added.length - forgotten - 1);
            journal.forget(done);
            forgotten += done;
          }
          journal.close();
          const found = await recover(path);
          const known = new Set(added);
          assert.deepEqual(
            found.filter((text) => !known.has(text)),
            [],
          );
          assert.deepEqual(
            found.filter((text) => known.has(text) && added.indexOf(text) >= forgotten),
            added.slice(forgotten),
          );
          assert.deepEqual(files(), []);
        }),
    ),
    { numRuns: 30 },
  ));

test("what the dead left is brought in whole and in order, a line that was cut off apart, and its files go", () =>
  inFolder(async ({ path, files }) => {
    writeFileSync(leftBy(path, "999999999-1-1-2"), '{"a":3}\n{"a":');
    writeFileSync(leftBy(path, "999999999-1-1-1"), '{"a":1}\n\nnot json\n{"a":2}\n');
    appendFileSync(`${path}.settled-backup`, "somebody else's\n");
    assert.deepEqual(await recover(path), ['{"a":1}', '{"a":2}', '{"a":3}']);
    assert.deepEqual(files(), [`${path}.settled-backup`]);
  }));

test("a database that refuses keeps the files, until it takes them", () =>
  inFolder(async ({ path, files }) => {
    writeFileSync(leftBy(path, "999999999-1-1-1"), '{"a":1}\n');
    let isAway = true;
    const lines: string[] = [];
    const write = (batch: readonly string[]): Promise<void> =>
      isAway ? Promise.reject(new Error("away")) : Promise.resolve(void lines.push(...batch));
    const recovery = createRecovery(path, write, silentLogger);
    assert.equal(await recovery.run(), false);
    assert.equal(files().length, 1);
    isAway = false;
    assert.equal(await recovery.run(), true);
    assert.deepEqual([lines, files()], [['{"a":1}'], []]);
    await recovery.close();
  }));

test("the journal of a process that runs is left alone, and taken over when it has died", () =>
  inFolder(async ({ path, files }) => {
    const script = `import { Journal } from ${JSON.stringify(fileURLToPath(new URL("./journal.ts", import.meta.url)))};
      new Journal(${JSON.stringify(path)}).append(Buffer.from('{"a":1}\\n'), 1);
      console.log("open");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    assert.deepEqual(await recover(path), []);
    assert.equal(files().length, 1);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.deepEqual(await recover(path), ['{"a":1}']);
    assert.deepEqual(files(), []);
  }));

test("a process id that belongs to another process by now is no owner", () =>
  inFolder(async ({ path }) => {
    writeFileSync(leftBy(path, `${process.ppid}-1-1-1`), '{"a":1}\n');
    assert.deepEqual(await recover(path), ['{"a":1}']);
  }));

test("a journal of the same name as a left one takes nothing of it away", () =>
  inFolder(async ({ path, files }) => {
    const first = new Journal(path);
    first.append(Buffer.from('{"a":1}\n'), 1);
    const [file = ""] = files();
    const next = file.replace(/-(\d+)-1\.ndjson$/, (_end, count) => `-${Number(count) + 1}-1.ndjson`);
    writeFileSync(next, '{"a":2}\n');
    const second = new Journal(path);
    assert.throws(() => second.append(Buffer.from('{"a":3}\n'), 1), { code: "EEXIST" });
    second.append(Buffer.from('{"a":4}\n'), 1);
    first.close();
    second.close();
    assert.deepEqual((await recover(path)).toSorted(), ['{"a":1}', '{"a":2}', '{"a":4}']);
  }));

test("rows that wait when the buffer closes are not lost: the journal has them", () =>
  inFolder(async ({ path }) => {
    const away = (): never => {
      throw new Error("away");
    };
    const clock = createManualClock(0);
    const buffer = new WriteBuffer({ write: away, clock, logger: silentLogger, journal: new Journal(path) });
    buffer.append(createTestRecord({ id: "req_a" }));
    await buffer.close();
    assert.equal(buffer.health().lostRows, 0);
    const [line = ""] = await recover(path);
    assert.deepEqual(rowFromLine(line), rowFromRecord(createTestRecord({ id: "req_a" })));
  }));

test("a journal that cannot be written keeps nobody from writing to the database", () =>
  inFolder(async ({ path }) => {
    let writtenRows = 0;
    const journal = new Journal(join(path, "ledger.sqlite"));
    rmSync(path, { recursive: true });
    const write = (_lines: Uint8Array, rows: number): void => void (writtenRows += rows);
    const buffer = new WriteBuffer({ write, clock: createManualClock(0), logger: silentLogger, journal });
    buffer.append(createTestRecord({ id: "req_a" }));
    assert.equal(await buffer.flush(), true);
    assert.equal(writtenRows, 1);
    await buffer.close();
  }));
