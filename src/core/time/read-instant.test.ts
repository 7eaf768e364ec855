import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { readInstant } from "./read-instant.ts";

test("a time without an offset is one in UTC, whatever the machine's time zone", () => {
  const program = `
    const { readInstant } = await import(${JSON.stringify(import.meta.resolve("./read-instant.ts"))});
    console.log(["2026-11-28", "2026-11-28T08:00", "2026-11-28T08:00:00.5", "2026-11-28T08:00+02:00", "2026-11-28T08:00Z"]
      .map((text) => new Date(readInstant(text)).toISOString()).join(" "));`;
  const environment = { ...process.env, TZ: "America/New_York" };
  const told = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    env: environment,
  });
  const instants = ["00:00:00.000", "08:00:00.000", "08:00:00.500", "06:00:00.000", "08:00:00.000"];
  assert.equal(told.trim(), instants.map((time) => `2026-11-28T${time}Z`).join(" "));
});

test("what is no day and no instant is none", () => {
  for (const text of ["", "soon", "2026", "Nov 28 2026", "2026-13-01", "2026-11-28Z", "2026-11-28T25:00"]) {
    assert.ok(Number.isNaN(readInstant(text)), text);
  }
});

test("a day that its month does not have is none: no report reaches into the next month", () => {
  for (const text of ["2026-11-31", "2027-02-29", "2028-02-30T12:00Z", "2026-06-31T00:00+02:00"]) {
    assert.ok(Number.isNaN(readInstant(text)), text);
  }
  assert.equal(readInstant("2028-02-29"), Date.UTC(2028, 1, 29));
});
