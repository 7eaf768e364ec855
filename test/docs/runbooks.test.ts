/** Runbooks and alerts know each other, and each page has all that somebody needs who is woken by it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allAlerts } from "../../src/alerting/all-alerts.ts";
import { createProgram } from "../../src/cli/program.ts";
import { runCli } from "../kit/run-cli.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { commandsOf, readRunbook, runbookNames, runbookSections } from "../runbooks/read-runbook.ts";

const alerts = allAlerts.map(({ name }) => name);

test("every alert has a runbook, and every runbook its alert", () => {
  const mend = "a line with - lacks its docs/runbooks/<name>.md, one with + its alert in src/alerting/alerts/";
  assert.deepEqual([...runbookNames()].sort(), [...alerts].sort(), mend);
});

test("each has all sections in their order, commands to find out and to mend, and fits two screens", () => {
  for (const alert of alerts) {
    const runbook = readRunbook(alert);
    assert.deepEqual(runbook.titles, [alert, ...runbookSections]);
    for (const section of runbookSections)
      assert.ok((runbook.sections.get(section) ?? "").length > 20, `${alert} ${section}`);
    for (const section of ["Diagnosis", "Mitigation"] as const) {
      assert.ok(commandsOf(runbook, section).length >= 2, `${alert} ${section}`);
    }
    assert.ok(runbook.text.split("\n").length < 60, alert);
  }
});

test("they link only to runbooks that are there, and name only settings and commands that are there", () => {
  const settings = readFileSync(join(import.meta.dirname, "../../docs/config.md"), "utf8");
  const commands = createProgram(() => Promise.resolve()).commands.map((command) => command.name());
  for (const alert of alerts) {
    const { text } = readRunbook(alert);
    for (const [, target] of text.matchAll(/\]\((\w+)\.md\)/g))
      assert.ok(alerts.includes(target!), `${alert}: ${target}`);
    const roots =
      "server|providers|routing|budgets|ledger|redis|cache|monitoring|logging|alerting|breaker|prices|optimization";
    for (const [, setting] of text.matchAll(new RegExp(`\`((?:${roots})\\.[\\w.<>]+)(?:: [\\w-]+)?\``, "g"))) {
      if (/\.(sqlite|log|sqlite-wal)$/.test(setting!)) continue;
      assert.ok(settings.includes(`\`${setting}\``) || settings.includes(`\`${setting}.`), `${alert}: ${setting}`);
    }
    for (const [, command] of text.matchAll(/\bccr ([a-z][a-z-]+)/g))
      assert.ok(commands.includes(command!), `${alert}: ccr ${command}`);
  }
});

test("`ccr runbook` lists all of them, prints one by its name in any case, and helps with a slip of the pen", async (t) => {
  const folder = createTemporaryFolder(t);
  const list = await runCli(["runbook"], { folder });
  for (const alert of alerts) assert.match(list.stdout, new RegExp(`^${alert} +(critical|warning|none) `, "m"));
  assert.doesNotMatch(list.stdout, /\{\{/);
  const one = await runCli(["runbook", "redisdown"], { folder });
  assert.deepEqual([one.exitCode, one.stdout], [0, readRunbook("RedisDown").text]);
  const slip = await runCli(["runbook", "ReddisDown"], { folder });
  assert.equal(slip.exitCode, 1);
  assert.match(slip.stderr, /did you mean RedisDown\?/);
});
