import assert from "node:assert/strict";
import { test } from "node:test";
import { hideCredentials } from "./hide-credentials.ts";

const hide = (body: string, sent: Record<string, string>): string =>
  hideCredentials(Buffer.from(body), sent).toString();

test("a key that a provider quotes is hidden, wherever it stands and however it was sent", () => {
  const said = (key: string): string => `{"error":{"message":"Incorrect API key: ${key} (${key})","type":"x"}}`;
  for (const sent of [
    { "x-api-key": "key-of-router-1" },
    { authorization: "Bearer key-of-router-1" },
    { "api-key": "key-of-router-1", "x-other-token": "key-of-router" },
  ])
    assert.equal(hide(said("key-of-router-1"), sent), said("[hidden]"));
});

test("an error that quotes none stays the very bytes that came", () => {
  const body = Buffer.from([0xff, 0x7b, 0x00]);
  assert.equal(hideCredentials(body, { authorization: "Bearer key-of-router-1" }), body);
});

test("other headers and values that are words are left alone", () => {
  const body = "application/json is not a key, local";
  assert.equal(hide(body, { "content-type": "application/json", "x-api-key": "local" }), body);
});
