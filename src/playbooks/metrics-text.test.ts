import assert from "node:assert/strict";
import { test } from "node:test";
import { increaseBy, increaseOf, meanBetween, parseMetrics, quantileBetween, valueOf } from "./metrics-text.ts";

const scrape = (...lines: string[]): ReturnType<typeof parseMetrics> => parseMetrics(lines.join("\n"));

test("series are read with their labels, escapes, infinities; comments and broken lines are left out", () => {
  const metrics = scrape(
    "# HELP a help",
    'a_total{route="/v1/messages",status_code="503"} 5',
    'a_total{route="say \\"}\\" \\\\ twice",status_code="200"} 7 1764300000000',
    'b_bucket{le="+Inf"} +Inf',
    "plain 1.5e3",
    "} nonsense",
  );
  assert.equal(valueOf(metrics, "plain"), 1500);
  assert.equal(valueOf(metrics, "a_total", { status_code: "503" }), 5);
  assert.equal(valueOf(metrics, "a_total", { route: 'say "}" \\ twice' }), 7);
  assert.equal(valueOf(metrics, "a_total"), 12);
  assert.equal(valueOf(metrics, "b_bucket"), Number.POSITIVE_INFINITY);
  assert.equal(valueOf(metrics, "none"), null);
});

test("a value that looks like a status does not count as one: only the label does", () => {
  // The guide's script looked for `5..` anywhere in the line: 500 good answers were 500 errors.
  const before = scrape('ccr_requests_total{status_code="200"} 0');
  const after = scrape('ccr_requests_total{status_code="200"} 512');
  assert.equal(increaseOf(before, after, "ccr_requests_total", { status_code: "500" }), 0);
  assert.deepEqual(increaseBy(before, after, "ccr_requests_total", "status_code"), [{ value: "200", increase: 512 }]);
});

test("a counter that fell was reset: what it has now is its gain; a new series counts from zero", () => {
  const before = scrape('c{x="a"} 100', 'c{x="b"} 10');
  const after = scrape('c{x="a"} 3', 'c{x="b"} 15', 'c{x="c"} 2');
  assert.equal(increaseOf(before, after, "c"), 10);
  assert.deepEqual(
    increaseBy(before, after, "c", "x").map(({ value }) => value),
    ["b", "a", "c"],
  );
});

test("means and quantiles are those of the time between, not since the start", () => {
  const histogram = (fast: number, slow: number): ReturnType<typeof parseMetrics> =>
    scrape(
      `d_bucket{le="1"} ${fast}`,
      `d_bucket{le="10"} ${fast + slow}`,
      `d_bucket{le="+Inf"} ${fast + slow}`,
      `d_sum ${fast * 0.5 + slow * 5}`,
      `d_count ${fast + slow}`,
    );
  const [before, after] = [histogram(1_000, 0), histogram(1_000, 10)];
  assert.equal(meanBetween(before, after, "d"), 5);
  assert.equal(quantileBetween(before, after, "d", 0.5), 5.5);
  assert.equal(quantileBetween(before, before, "d", 0.5), null);
  assert.equal(meanBetween(before, before, "d"), null);
});
