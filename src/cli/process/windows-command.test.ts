import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { findOnWindowsPath, toWindowsCommand } from "./windows-command.ts";

test("a program is found as an .exe or a batch file in the folders of the PATH, in their order", (t) => {
  const folder = createTemporaryFolder(t);
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  for (const made of [first, second]) mkdirSync(made);
  writeFileSync(join(first, "claude"), ""); // for other shells
  writeFileSync(join(second, "claude.cmd"), "");
  const path = ["", first, second].join(delimiter);
  assert.equal(findOnWindowsPath("claude", path), join(second, "claude.cmd"));
  writeFileSync(join(second, "claude.exe"), "");
  assert.equal(findOnWindowsPath("claude", path), join(second, "claude.exe"));
  assert.equal(findOnWindowsPath("claude", first), null);
});

test("an .exe takes arguments as they are", () => {
  const command = toWindowsCommand("C:\\bin\\claude.exe", ["-p", "a & b"]);
  assert.deepEqual(command, { file: "C:\\bin\\claude.exe", args: ["-p", "a & b"], windowsVerbatimArguments: false });
});

test("a batch file's arguments pass two readings of cmd.exe and one of the program whole", () => {
  for (const argument of ["two words", "a & b | c > d", '"quoted"', "ends with \\", '\\"', "100 %PATH% ^ !", ""]) {
    const { args } = toWindowsCommand("C:\\Program Files\\claude.cmd", [argument]);
    const line = args.at(-1)!.slice(1, -1);
    const [, once = ""] = /^\^"C:\\Program\^ Files\\claude\.cmd\^" (.*)$/.exec(line) ?? [];
    const unescape = (text: string): string => text.replaceAll(/\^(.)/g, "$1");
    const quoted = unescape(unescape(once));
    const read = quoted
      .slice(1, -1)
      .replaceAll(/(\\*)\1\\"/g, '$1"')
      .replace(/(\\+)\1$/, "$1");
    assert.equal(read, argument);
    assert.doesNotMatch(once, /(?<!\^)[&|<>%"!]/);
  }
});
