import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../../core/json/json.ts";
import type { Plan } from "../../core/target.ts";
import { featuresOf } from "../../routing/testdata/features.ts";
import type { CallFeatures } from "../request/call-features.ts";
import { compileCacheRules, judgeCaching } from "./judge-caching.ts";
import type { CacheRuleSettings, CacheUse } from "./judge-caching.ts";
import type { CallRequest } from "../request/read-call.ts";

const nowMs = 1_000_000;
const plan: Plan = { rule: "night", reason: "", targets: [{ provider: "p", model: "m", reason: "" }] };
const plain: JsonObject = { messages: [{ role: "user", content: "Hi" }] };
const withTools: JsonObject = { ...plain, tools: [{ name: "Bash" }] };
const kept: CacheUse = { freshSinceMs: -Infinity, ttlMs: undefined };

function judge(
  rules: readonly Partial<CacheRuleSettings>[],
  body: JsonObject = plain,
  headers: Readonly<Record<string, string>> = {},
): CacheUse | null {
  const request = {
    has: (field: string) => body[field] !== undefined,
    field: (name: string) => body[name],
    holds: () => false,
    body: () => body,
  } as unknown as CallRequest;
  const features = featuresOf({ header: (name) => headers[name] }) as CallFeatures;
  const compiled = compileCacheRules(rules.map((rule) => ({ when: {}, cache: true, ttlMs: null, ...rule })));
  return judgeCaching(compiled, features, request, plan, nowMs);
}

test("without a rule only what is safe by itself is kept, as long as each level has it", () => {
  assert.deepEqual([judge([]), judge([], withTools)], [kept, null]);
});

test("the first rule that matches decides, for more and for less", () => {
  assert.deepEqual(judge([{ ttlMs: 5 }], withTools), { ...kept, ttlMs: 5 });
  assert.equal(judge([{ cache: false }, { cache: true }]), null);
  assert.deepEqual(judge([{ cache: true }, { cache: false }], withTools), kept);
});

test("a rule matches by all that it names: route, first target and conditions", () => {
  const asked = featuresOf().askedModel;
  for (const [rule, isMatch] of [
    [{ route: ["day", "n*"] }, true],
    [{ route: ["day"] }, false],
    [{ target: ["q/*", "p/*"] }, true],
    [{ target: ["q/*"] }, false],
    [{ when: { model: asked } }, true],
    [{ when: { model: `not-${asked}` } }, false],
    [{ route: ["night"], target: ["q/*"] }, false],
    [{ route: ["day"], target: ["p/m"] }, false],
    [{ route: ["night"], target: ["p/m"], when: { model: `not-${asked}` } }, false],
  ] as const) {
    assert.equal(judge([rule], withTools) !== null, isMatch, JSON.stringify(rule));
  }
});

test("a caller can ask for less than a rule gives, and for its own call for more than is safe, but not against a rule", () => {
  assert.equal(judge([{}], plain, { "cache-control": "no-store" }), null);
  assert.equal(judge([], plain, { "x-ccr-cache": "off" }), null);
  assert.deepEqual(judge([], withTools, { "x-ccr-cache": "on" }), kept);
  assert.equal(judge([{ cache: false }], plain, { "x-ccr-cache": "on" }), null);
});

test("an answer that is too old for its caller will not do, nor any where a fresh one is wanted", () => {
  assert.equal(judge([], plain, { "cache-control": "max-age=60" })?.freshSinceMs, nowMs - 60_000);
  for (const headers of [{ "cache-control": "no-cache, max-age=60" }, { "x-ccr-cache": "refresh" }]) {
    assert.equal(judge([], plain, headers)?.freshSinceMs, Infinity);
  }
});
