import assert from "node:assert/strict";
import { test } from "node:test";
import { createProgram } from "../program.ts";

/** The help of `ccr` and its foot in a terminal of so many columns. */
function helpAt(columns: number): string {
  let help = "";
  const program = createProgram(() => Promise.resolve());
  program.configureOutput({ getOutHelpWidth: () => columns, writeOut: (text) => void (help += text) }).outputHelp();
  return help;
}

test("help fits the terminal: where beside a name is no room, what it does stands below", () => {
  for (const columns of [40, 60, 80]) {
    assert.deepEqual(
      helpAt(columns)
        .split("\n")
        .filter(({ length }) => length > columns),
      [],
    );
  }
  assert.match(helpAt(40), /^ {2}stop\n {6}stop the router; running calls\n {6}finish first$/m);
  assert.match(helpAt(80), /^ {2}stop {10,}stop the router; running calls finish first$/m);
});
