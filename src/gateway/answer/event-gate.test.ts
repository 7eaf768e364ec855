import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createEventGate } from "./event-gate.ts";

const pieces = fc.array(fc.constantFrom("data: {}", "event: é", ": c", "\n", "\r\n", "\r", "\n\n", "x"), {
  maxLength: 40,
});

test("whatever comes passes once, in order, and by whole events only", () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const gate = createEventGate();
      let passed = "";
      for (const part of parts) {
        const through = Buffer.from(gate.push(Buffer.from(part))).toString();
        passed += through;
        if (through !== "") assert.match(passed, /(\n\n|\n\r\n|\r\r)$/);
      }
      assert.equal(passed + Buffer.from(gate.rest()).toString(), parts.join(""));
      assert.doesNotMatch(Buffer.from(gate.rest()).toString(), /\n\n|\n\r\n|\r\r/);
    }),
  );
});

test("a piece that ends with an event passes as it is", () => {
  const piece = Buffer.from("event: ping\ndata: {}\n\n");
  assert.equal(createEventGate().push(piece), piece);
});

test("an event beyond all size is not collected", () => {
  const gate = createEventGate();
  const piece = Buffer.alloc(200 * 1024, "x");
  assert.equal(gate.push(piece).length, 0);
  assert.equal(gate.push(piece).length, 400 * 1024);
  assert.equal(gate.rest().length, 0);
});

test("a long stream passes by whole events to its end: only what waits counts towards the size of one", () => {
  const gate = createEventGate();
  const half = Buffer.alloc(100 * 1024, "x");
  for (let event = 0; event < 3; event++) {
    assert.equal(gate.push(half).length, 0);
    assert.equal(gate.push(Buffer.from("\n\n")).length, half.length + 2);
  }
});
