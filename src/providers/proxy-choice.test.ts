import { strict as assert } from "node:assert";
import { test } from "node:test";
import { chooseProxy } from "./proxy-choice.ts";

const api = "https://api.openai.com";
const corporate = { HTTPS_PROXY: "http://proxy:3128" };

test("the provider's own setting goes over the environment", () => {
  assert.equal(chooseProxy(api, "http://own:1", corporate), "http://own:1");
  assert.equal(chooseProxy(api, "none", corporate), null);
  assert.equal(chooseProxy("http://127.0.0.1:1", "http://own:1", {}), "http://own:1");
});

test("the environment's proxy depends on the scheme, in either case, and may lack its own scheme", () => {
  assert.equal(chooseProxy(api, null, corporate), "http://proxy:3128");
  assert.equal(chooseProxy("http://models.example", null, corporate), null);
  assert.equal(chooseProxy("http://models.example", null, { http_proxy: "proxy:80" }), "http://proxy:80");
  assert.equal(chooseProxy(api, null, { ALL_PROXY: "http://all:1" }), "http://all:1");
  assert.equal(chooseProxy(api, null, { https_proxy: "http://lower:1", ...corporate }), "http://lower:1");
  assert.equal(chooseProxy(api, null, { HTTPS_PROXY: " " }), null);
  assert.equal(chooseProxy(api, null, {}), null);
});

test("loopback is never sent to the environment's proxy", () => {
  for (const host of ["127.0.0.1:11434", "localhost:1234", "[::1]:8000", "ollama.localhost"]) {
    assert.equal(chooseProxy(`http://${host}`, null, { ALL_PROXY: "http://all:1" }), null);
  }
});

const rules: readonly [string, string, boolean][] = [
  ["https://api.openai.com", "*", true],
  ["https://api.openai.com", "openai.com", true],
  ["https://api.openai.com", ".openai.com", true],
  ["https://api.openai.com", "*.openai.com", true],
  ["https://notopenai.com", "openai.com", false],
  ["https://api.openai.com", "foo.example, api.OpenAI.com", true],
  ["https://api.openai.com", "api.openai.com:443", true],
  ["https://api.openai.com", "api.openai.com:8443", false],
  ["https://10.1.2.3", "10.0.0.0/8", true],
  ["https://11.1.2.3", "10.0.0.0/8", false],
  ["https://10.1.2.3", "10.1.2.3", true],
  ["https://110.1.2.3", "10.1.2.3", false],
  ["https://[fd00::1]", "fd00::/8", true],
  ["https://[fd00::1]", "fd00::1", true],
  ["https://api.openai.com", "10.0.0.0/99 ,, /", false],
  ["https://api.openai.com", "", false],
];
for (const [origin, noProxy, isExempt] of rules) {
  test(`NO_PROXY="${noProxy}" ${isExempt ? "exempts" : "does not exempt"} ${origin}`, () => {
    assert.equal(chooseProxy(origin, null, { ...corporate, NO_PROXY: noProxy }) === null, isExempt);
  });
}
