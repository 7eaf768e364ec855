/** Pages for newcomers name files: each is there, and the page on the guide forgets none of its defects. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allAlerts } from "../../src/alerting/all-alerts.ts";
import { createProgram } from "../../src/cli/program.ts";

const root = join(import.meta.dirname, "../..");
const read = (page: string): string => readFileSync(join(root, page), "utf8");

const roots = [
  ".dockerignore",
  "Dockerfile",
  ...["src", "ops", "docs", "test", "tools", "bench", "examples"].map((name) => `${name}/`),
];

for (const page of [
  "AGENTS.md",
  ...["errata", "deployment", "money", "cost-aware-routing"].map((name) => `docs/${name}.md`),
]) {
  test(`every file that ${page} names is there`, () => {
    const named = [...read(page).matchAll(/`([^`\s]+)`/g)]
      .map(([, name]) => name!)
      .filter((name) => roots.some((start) => name === start || (start.endsWith("/") && name.startsWith(start))));
    assert.ok(named.length > 0);
    for (const name of named) assert.ok(existsSync(join(root, name)), name);
    const pages = [...read(page).matchAll(/\bdocs\/[\w/-]+\.md\b|\]\(([\w/-]+\.md)\)/g)];
    for (const [whole, linked] of pages) {
      assert.ok(existsSync(join(root, linked === undefined ? whole : join("docs", linked))), whole);
    }
  });
}

test("AGENTS.md has a row for each folder of src/", () => {
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const named = [...read("AGENTS.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  assert.deepEqual(named.sort(), folders.map(({ name }) => name).sort());
});

test("docs/errata.md has a row for each alert of the guide, and each of its scripts", () => {
  const guide = readFileSync(join(root, "test/alerting/testdata/guide/alert_rules.yml"), "utf8");
  const alerts = [...guide.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  assert.equal(alerts.length, 14);
  const text = read("docs/errata.md");
  for (const alert of alerts) {
    assert.match(text, new RegExp(`^\\| [^|]*\\b${alert}\\b`, "m"), alert);
    assert.ok(
      allAlerts.some(({ name }) => name === alert),
      alert,
    );
  }
  const scripts = readdirSync(join(root, "ops/bin")).filter((name) => name !== "ccr.sh");
  for (const script of scripts) assert.match(text, new RegExp(`^\\| \`${script}\``, "m"), script);
});

test("commands of docs/deployment.md and docs/questions.md are there", () => {
  const commands = new Set(createProgram(() => Promise.resolve()).commands.map((command) => command.name()));
  for (const [, command] of (read("docs/deployment.md") + read("docs/questions.md")).matchAll(/\bccr ([a-z-]+)/g))
    assert.ok(commands.has(command!), command);
});
