import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "./parse.ts";
import type { Config } from "./schema.ts";
import { changedSinceStart, keepSettingsOfStart, settingsOfStart } from "./settings-of-start.ts";

function configOf(settings: object, folder = "/nowhere"): Config {
  const surroundings = { environment: {}, stateFolder: folder, folder, readFile: () => undefined };
  const parsed = parseConfig(JSON.stringify(settings), surroundings);
  if (parsed.kind === "bad") throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

test("each of these settings is told where it changed, no other one, and none that did not", () => {
  const started = configOf({ redis: { url: "redis://a" } });
  assert.deepEqual(changedSinceStart(started, configOf({ redis: { url: "redis://a" }, cache: { enabled: true } })), []);
  for (const path of settingsOfStart) {
    const value = path.split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], started);
    assert.notEqual(value, undefined, `${path} is a setting`);
  }
  const next = configOf({ redis: { url: "redis://a:1" }, server: { gracePeriodMs: 1, maxCalls: 7 } });
  assert.deepEqual(changedSinceStart(started, next), ["server.maxCalls", "redis"]);
});

test("what is kept from the start: each of these settings, and nothing else", () => {
  const started = configOf({ server: { port: 4000, gracePeriodMs: 1 }, redis: { url: "redis://a" } });
  const next = configOf({ server: { host: "::1", port: 5000, gracePeriodMs: 2 }, logging: { level: "debug" } });
  const kept = keepSettingsOfStart(started, next);
  assert.deepEqual(changedSinceStart(started, kept), []);
  assert.deepEqual(kept, {
    ...next,
    server: { ...next.server, host: started.server.host, port: 4000 },
    redis: started.redis,
    logging: started.logging,
  });
  assert.equal(next.server.port, 5000);
});
