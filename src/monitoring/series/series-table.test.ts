import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import * as fc from "fast-check";
import type { CounterDefinition, HistogramDefinition } from "../catalog/metric-definition.ts";
import { renderMetric } from "./exposition.ts";
import { LabelDomain } from "./label-domain.ts";
import { CounterSeries, HistogramSeries } from "./series.ts";
import type { TableLabel } from "./series-table.ts";

const definition: CounterDefinition = {
  name: "cost_total",
  type: "counter",
  labels: [],
  unit: "USD",
  help: "h",
  why: "w",
};
const histogram: HistogramDefinition = { ...definition, name: "lag_seconds", type: "histogram", buckets: [1, 2] };

function createLabels(): { provider: LabelDomain; user: LabelDomain; labels: TableLabel[] } {
  const provider = new LabelDomain(4);
  const user = new LabelDomain(101);
  const labels = [
    { name: "provider", domain: provider, foldOrder: 3 },
    { name: "user_id", domain: user, foldOrder: 1 },
  ];
  return { provider, user, labels };
}

test("label sets are bounded, users fold first, and nothing that was counted is lost", () => {
  const counts = fc.array(fc.tuple(fc.nat(3), fc.nat(120), fc.nat(1_000)), { maxLength: 400 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 40 }), (list, maxRows) => {
      const { provider, user, labels } = createLabels();
      const series = new CounterSeries(definition, labels, maxRows);
      for (const [p, u, amount] of list) series.add(series.row(provider.add(`p${p}`), user.add(`u${u}`)), amount);
      const rows = series.rows();
      const total = rows.reduce((sum, row) => sum + (row.values[0] ?? 0), 0);
      assert.equal(
        total,
        list.reduce((sum, [, , amount]) => sum + amount, 0),
      );
      // Past the bound only the rows of providers with all users folded may be added, and the one of all.
      assert.ok(rows.length <= maxRows + 4, `${rows.length} rows`);
    }),
  );
});

test("a label set that found no room is told once, however often it counts, and has a place of its own when one is free", () => {
  const { provider, user, labels } = createLabels();
  const series = new CounterSeries(definition, labels, 2);
  const [p, ada, bob, cy] = [provider.add("p"), user.add("ada"), user.add("bob"), user.add("cy")];
  for (const who of [0, ada, bob, cy, bob, cy, bob]) series.add(series.row(p, who), 1);
  assert.equal(series.table.overflows, 2);
  series.table.remove((ids) => ids[1] === ada || ids[1] === 0);
  series.add(series.row(p, bob), 1);
  assert.deepEqual(series.rows(), [{ labelText: 'provider="p",user_id="bob"', values: [1] }]);
});

test("a row that ended gives its place to another, which begins at zero", () => {
  const { provider, user, labels } = createLabels();
  const counter = new CounterSeries(definition, labels, 10);
  const lag = new HistogramSeries(histogram, labels, 10);
  const [p, ada, bob] = [provider.add("p"), user.add("ada"), user.add("bob")];
  counter.add(counter.row(p, ada), 5);
  lag.observe(lag.row(p, ada), 1.5, { traceId: "t", value: 1.5, atMs: 0 });
  counter.table.remove((ids) => ids[1] === ada);
  lag.table.remove((ids) => ids[1] === ada);
  counter.add(counter.row(p, bob), 1);
  lag.observe(lag.row(p, bob), 3);
  assert.deepEqual(counter.rows(), [{ labelText: 'provider="p",user_id="bob"', values: [1] }]);
  assert.deepEqual(lag.rows()[0]?.values, [0, 0, 1, 3]);
  assert.ok(!(lag.rows()[0]?.exemplars ?? []).some(Boolean));
});

test("a bucket holds the values up to its bound, and the text counts from below", () => {
  const lag = new HistogramSeries(histogram, [], 1);
  for (const value of [0, 1, 1.5, 2, 2.1, 100]) lag.observe(lag.row(), value);
  const text = renderMetric({ definition: histogram, rows: lag.rows() }, "text");
  assert.match(text, /le="1"\} 2\n.*le="2"\} 4\n.*le="\+Inf"\} 6\nlag_seconds_sum 106\.6\nlag_seconds_count 6\n$/s);
});

test("names with quotes, backslashes and line breaks stay valid text", (context) => {
  if (spawnSync("promtool", ["--version"]).error !== undefined) return context.skip("promtool is not installed");
  const { provider, user, labels } = createLabels();
  const odd = { ...definition, help: 'a "b" \\ c\nd' };
  const series = new CounterSeries(odd, labels, 10);
  series.add(series.row(provider.add('a"b\\c\nd'), user.add("é{},=")), 1);
  const check = spawnSync("promtool", ["check", "metrics"], {
    input: renderMetric({ definition: odd, rows: series.rows() }, "text"),
    encoding: "utf8",
  });
  assert.equal(check.stdout + check.stderr, "");
});
