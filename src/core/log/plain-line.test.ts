import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineRedactor } from "./log-redaction.ts";
import { PlainLines } from "./plain-line.ts";

const secret = "a-configured-secret";

test("a line says what JSON would, without what a whole line's redaction hides, however often it comes", () => {
  const redactor = new LineRedactor();
  redactor.hide([secret]);
  const lines = new PlainLines(redactor);
  const words = fc.constantFrom("ada", `my ${secret}`, "sk-ant-0123456789", "Bearer abcdefgh", 'quo"te\n', "ü", "");
  const value = fc.oneof(words, fc.string(), fc.double(), fc.boolean(), fc.constant(undefined), fc.array(words));
  const names = fc.constantFrom("user", "password", "x-api-key", "msg", "token", 'quo"te');
  fc.assert(
    fc.property(fc.dictionary(names, value, { noNullPrototype: true }), (fields) => {
      const whole = redactor.redact(JSON.stringify(fields)).slice(1, -1);
      const expected = whole === "" ? "" : `,${whole}`;
      assert.equal(lines.render(fields), expected);
      assert.equal(lines.render(fields), expected);
    }),
  );
});

test("a secret that becomes known is hidden in words that were written before", () => {
  const redactor = new LineRedactor();
  const lines = new PlainLines(redactor);
  assert.equal(lines.render({ user: secret }), `,"user":"${secret}"`);
  redactor.hide([secret]);
  lines.forget();
  assert.equal(lines.render({ user: secret }), ',"user":"[hidden]"');
});
