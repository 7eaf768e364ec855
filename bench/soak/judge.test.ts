import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeSoak } from "./judge.ts";
import type { SoakReading } from "./judge.ts";

function readings(hours: number, at: (hours: number) => Partial<SoakReading>): SoakReading[] {
  return Array.from({ length: 61 }, (_, index) => {
    const now = (hours * index) / 60;
    return { hours: now, liveMb: 50, residentMb: 90, sockets: 80, files: 20, unhandledRejections: 0, ...at(now) };
  });
}

test("a flat hour passes, whatever the warm-up did", () => {
  const flat = readings(1, (hours) => ({ liveMb: hours < 0.2 ? 20 + hours * 100 : 40 }));
  assert.deepEqual(judgeSoak(flat).breaches, []);
});

test("two megabytes an hour are a leak", () => {
  const leaking = readings(1, (hours) => ({ liveMb: 40 + 2 * hours }));
  assert.match(judgeSoak(leaking).breaches.join(), /2\.00 MB an hour/);
});

test("noise around a flat line is no leak", () => {
  const noisy = readings(1, (hours) => ({ liveMb: 40 + 3 * Math.sin(hours * 1e4) }));
  assert.deepEqual(judgeSoak(noisy).breaches, []);
});

test("a short run is judged by growth, not by an hour's slope", () => {
  assert.deepEqual(judgeSoak(readings(0.03, (hours) => ({ liveMb: 40 + 50 * hours }))).breaches, []);
  assert.match(judgeSoak(readings(0.03, (hours) => ({ liveMb: 40 + 900 * hours }))).breaches.join(), /memory grew/);
});

test("sockets that pile up and rejections that nobody handles are breaches", () => {
  assert.match(judgeSoak(readings(1, (hours) => ({ sockets: 300 * hours }))).breaches.join(), /more sockets/);
  assert.match(judgeSoak(readings(1, () => ({ unhandledRejections: 1 }))).breaches.join(), /1 unhandled/);
});
