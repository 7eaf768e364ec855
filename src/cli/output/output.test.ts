import assert from "node:assert/strict";
import { test } from "node:test";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";

function printed(environment: Readonly<Record<string, string>>, print: (output: Output) => void): string {
  let text = "";
  print(createOutput({ write: (more) => void (text += more) }, environment));
  return text;
}

test("control characters in what others wrote reach no terminal, with or without colours", () => {
  const print = (output: Output): void => {
    output.line(`the newest says: ${output.style("red", "no \u001B[2Jmodel\u0007")}`);
    output.table([["a\u009Bb\nc", "d"]]);
  };
  const plain = "the newest says: no \\u001b[2Jmodel\\u0007\na\\u009bb\\nc  d\n";
  assert.equal(printed({}, print), plain);
  assert.equal(printed({ FORCE_COLOR: "1" }, print).replaceAll(/\p{Cc}\[\d+m/gu, ""), plain);
});

test("columns stand under each other where names have wide or combining signs", () => {
  const rows = [["名前", "1"], ["e\u0301a", "2"], ["plain", "3"]]; // prettier-ignore
  assert.equal(
    printed({}, (output) => output.table(rows)),
    "名前   1\ne\u0301a     2\nplain  3\n",
  );
});

test("on a terminal a last column too long for it goes on below, between words; numbers and pipes are left as they are", () => {
  const rows = [["ok", "ledger", "can be reached and written"], ["warning", "x", "http://127.0.0.1:3456/as-it-is"]]; // prettier-ignore
  const printedAt = (columns: number | undefined, numbersFrom?: number): string => {
    let text = "";
    const stream = { write: (more: string) => void (text += more), isTTY: columns !== undefined };
    createOutput({ ...stream, ...(columns && { columns }) }, { NO_COLOR: "1" }).table(rows, undefined, numbersFrom);
    return text;
  };
  assert.equal(
    printedAt(40),
    `ok       ledger  can be reached and
                 written
warning  x
                 http://127.0.0.1:3456/as-it-is
`,
  );
  assert.match(printedAt(24), /^ok {7}ledger {2}can be\n {4}reached and written\nwarning {2}x\n {4}http:.*-is\n$/);
  const whole = printedAt(undefined);
  assert.equal(whole.split("\n").length, 3);
  assert.equal(printedAt(80), whole);
  assert.equal(printedAt(24, 2).split("\n").length, 3);
});

test("long work shows on a terminal in one line that fits, and elsewhere by a line in five seconds", () => {
  const written: string[] = [];
  let nowMs = 0;
  const stream = { write: (text: string) => written.push(text) };
  const log = createOutput(stream, {}, () => nowMs);
  for (; nowMs <= 12_000; nowMs += 1_000) log.progress(`${nowMs / 1_000} s`);
  log.progress("");
  log.progress("something else");
  assert.deepEqual(written.splice(0), ["5 s\n", "10 s\n"]);

  const terminal = createOutput({ ...stream, isTTY: true, columns: 8 }, {});
  terminal.progress("watching it");
  terminal.progress("");
  assert.deepEqual(written, ["\r\u001B[Kwatchin", "\r\u001B[K"]);
});

test("JSON is written as it is", () => {
  assert.deepEqual(JSON.parse(printed({}, (output) => output.json({ name: "a\u001Bb\nc" }))), { name: "a\u001Bb\nc" });
});
