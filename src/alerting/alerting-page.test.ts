import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { configSchema } from "../config/schema.ts";
import { withAlertTable } from "./alerting-page.ts";

const pageUrl = new URL("../../docs/alerting.md", import.meta.url);

test("docs/alerting.md lists the alerts as they are (UPDATE=1 rewrites its table)", () => {
  const page = readFileSync(pageUrl, "utf8");
  const wanted = withAlertTable(page, configSchema.parse({}).alerting);
  if (process.env["UPDATE"] === "1") writeFileSync(pageUrl, wanted);
  assert.equal(readFileSync(pageUrl, "utf8"), wanted);
});
