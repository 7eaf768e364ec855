import assert from "node:assert/strict";
import { test } from "node:test";
import { configSchema } from "../config/schema.ts";
import { grafanaFiles } from "./dashboards/grafana/grafana-files.ts";
import { shippedDashboards } from "./shipped-dashboards.ts";

const { alerting } = configSchema.parse({});
const byPath = (files: readonly { readonly path: string; readonly text: string }[]) =>
  [...files].sort((one, other) => (one.path < other.path ? -1 : 1));

test("with the default settings they are what src/alerting/dashboards makes", () => {
  assert.deepEqual(shippedDashboards(alerting), byPath(grafanaFiles(alerting)));
});

test("their runbooks are where the settings say, as if they had been built so", () => {
  const own = { ...alerting, runbookUrl: 'https://wiki.example/{alert}?q="$&"' };
  assert.deepEqual(shippedDashboards(own), byPath(grafanaFiles(own)));
});
