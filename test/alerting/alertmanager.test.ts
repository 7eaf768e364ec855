import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { allAlerts, runbookIndex } from "../../src/alerting/all-alerts.ts";
import { buildOpsFiles } from "../../src/alerting/build-ops-files.ts";
import { configSchema } from "../../src/config/schema.ts";
import { teamNames } from "../../src/config/schema/alerting.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const isMissing = (program: string): boolean => spawnSync(program, ["--version"]).error !== undefined;
const noAmtool = isMissing("amtool") ? "amtool is not installed" : false;
const noAlertmanager = isMissing("prometheus-alertmanager") ? "prometheus-alertmanager is not installed" : false;
const committed = join(import.meta.dirname, "../../ops/alertmanager/alertmanager.yml");
const guide = join(import.meta.dirname, "testdata/guide/alertmanager.yml");

function amtool(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("amtool", args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** Alertmanager's files for these settings, written to a folder; answers the path of its configuration. */
function writeConfig(t: CleansUp, alerting: object, change: (text: string) => string = (text) => text): string {
  const folder = createTemporaryFolder(t);
  const config = configSchema.parse({ alerting });
  for (const { path, text } of buildOpsFiles({ alerting: config.alerting, timeScale: 1 })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path.endsWith("alertmanager.yml") ? change(text) : text);
  }
  return join(folder, "alertmanager/alertmanager.yml");
}

/** The receiver of an alert with these labels. */
function receiverOf(file: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  const args = ["config", "routes", "test", `--config.file=${file}`, ...pairs];
  return spawnSync("amtool", args, { encoding: "utf8" }).stdout.trim();
}

describe("alertmanager.yml", { skip: noAmtool }, () => {
  test("loads, with its templates; the guide's does not", () => {
    const own = amtool("check-config", committed);
    assert.equal(own.status, 0, own.output);
    assert.match(own.output, /1 templates\s+SUCCESS/);
    const { status, output } = amtool("check-config", guide);
    assert.notEqual(status, 0);
    assert.match(output, /field (subject|body) not found/);
  });

  test("uses today's matchers, waits five minutes between notifications, and keeps secrets in files", () => {
    const text = readFileSync(committed, "utf8");
    assert.doesNotMatch(text, /\b(match|match_re|source_match|target_match):/);
    assert.match(text, /^ {2}group_interval: 5m$/m);
    assert.doesNotMatch(text, /hooks\.slack\.com|password: /);
    assert.match(text, /slack_api_url_file: /);
    for (const line of ["http://localhost:5001/", "#critical-alerts", "#alerts", "ops-team@company.com"]) {
      assert.ok(text.includes(line), line);
    }
  });

  for (const severity of ["critical", "warning"]) {
    for (const team of teamNames) {
      test(`${severity} alerts of team ${team} go to ${severity}-alerts`, () => {
        assert.equal(receiverOf(committed, { alertname: "Any", severity, team }), `${severity}-alerts`);
      });
    }
  }

  test("the watchdog and what has no severity go to the web hook alone", () => {
    assert.equal(receiverOf(committed, { alertname: "Watchdog", severity: "none", team: "gateway" }), "web.hook");
    assert.equal(receiverOf(committed, { alertname: "Other" }), "web.hook");
  });

  test("a team with ways of its own gets its alerts there, the others stay", (t) => {
    const teams = { costs: { slackChannel: "#money", emailTo: "money@company.com" } };
    const file = writeConfig(t, { receivers: { teams } });
    const { status, output } = amtool("check-config", file);
    assert.equal(status, 0, output);
    assert.equal(receiverOf(file, { severity: "critical", team: "costs" }), "critical-alerts-costs");
    assert.equal(receiverOf(file, { severity: "warning", team: "costs" }), "warning-alerts-costs");
    assert.equal(receiverOf(file, { severity: "critical", team: "gateway" }), "critical-alerts");
    assert.match(readFileSync(file, "utf8"), /channel: "#money"[\s\S]*to: money@company\.com/);
  });

  test("settings for log-in, tokens and no Slack make a file that loads", (t) => {
    const file = writeConfig(t, {
      receivers: {
        slack: { enabled: false },
        email: { username: "alerts", passwordFile: "/run/secrets/smtp" },
        webhook: { url: "http://router:3456/api/alerts/webhook", credentialsFile: "/run/secrets/admin-key" },
      },
    });
    const { status, output } = amtool("check-config", file);
    assert.equal(status, 0, output);
    assert.doesNotMatch(readFileSync(file, "utf8"), /slack/);
  });
});

test("every alert that silences is there, and nothing silences itself or all of its severity", () => {
  const names = new Set(allAlerts.map(({ name }) => name));
  for (const { name, silenced = [] } of allAlerts) {
    for (const { by } of silenced) assert.ok(names.has(by) && by !== name, `${name} by ${by}`);
  }
  const { inhibit_rules: rules } = parse(readFileSync(committed, "utf8")) as {
    readonly inhibit_rules: readonly {
      readonly source_matchers: readonly string[];
      readonly target_matchers: readonly string[];
    }[];
  };
  for (const { source_matchers: source, target_matchers: target } of rules) {
    assert.match(source[0] ?? "", /^alertname=/);
    assert.match(target[0] ?? "", /^alertname=/);
  }
});

interface Notification {
  readonly status: string;
  readonly receiver: string;
  readonly alerts: readonly { readonly labels: Record<string, string>; readonly annotations: Record<string, string> }[];
}

describe("a real Alertmanager", { skip: noAlertmanager }, () => {
  test("tells of ServiceDown alone where its dependants fire, too; of other routers' alerts it tells", async (t) => {
    await using told = await listen();
    await using manager = await startAlertmanager(t, told.url);
    await manager.post([
      alert("ServiceDown", { ...atRouter("a") }),
      alert("HighErrorRate", { ...atRouter("a") }),
      alert("VeryHighLatency", { ...atRouter("a") }),
      alert("ProviderDown", { ...atRouter("a"), provider: "groq" }),
      alert("HighErrorRate", { ...atRouter("b") }),
    ]);
    await waitUntil(
      "both are told",
      () => told.names().includes("HighErrorRate b") && told.names().includes("ServiceDown a"),
    );
    assert.deepEqual(told.names(), ["HighErrorRate b", "ServiceDown a"]);
    assert.deepEqual(await manager.suppressed(), ["HighErrorRate a", "ProviderDown a", "VeryHighLatency a"]);
    const down = told.notifications.find(({ alerts }) => alerts[0]?.labels["alertname"] === "ServiceDown");
    assert.equal(down?.receiver, "critical-alerts");
    assert.match(down?.alerts[0]?.annotations["runbook_url"] ?? "", /\/runbooks\/ServiceDown$/);
  });

  test("a critical alert silences its warning by named pairs, and no other warning", async (t) => {
    await using told = await listen();
    await using manager = await startAlertmanager(t, told.url);
    await manager.post([
      alert("VeryHighLatency", atRouter("a")),
      alert("HighLatency", atRouter("a")),
      alert("HighMemoryUsage", atRouter("a")),
      alert("RedisDown", { job: "redis", instance: "redis:9121" }),
      alert("DependencyDown", { ...atRouter("a"), dependency: "redis" }),
      alert("DependencyDown", { ...atRouter("b"), dependency: "ledger" }),
      alert("BudgetExhausted", { scope: "all", window: "monthly" }),
      alert("BudgetNearLimit", { scope: "all", window: "monthly" }),
      alert("BudgetNearLimit", { scope: "user", window: "daily" }),
      alert("AvailabilityFastBurn", { slo: "availability" }),
      alert("AvailabilitySlowBurn", { slo: "availability" }),
    ]);
    const expected = [
      "AvailabilityFastBurn -",
      "BudgetExhausted -",
      "BudgetNearLimit -",
      "DependencyDown b",
      "HighMemoryUsage a",
      "RedisDown redis:9121",
      "VeryHighLatency a",
    ];
    await waitUntil("all are told", () => told.names().length >= expected.length);
    assert.deepEqual(told.names(), expected);
    assert.deepEqual(await manager.suppressed(), [
      "AvailabilitySlowBurn -",
      "BudgetNearLimit -",
      "DependencyDown a",
      "HighLatency a",
    ]);
  });

  test("its words say what and how much, and link to runbook and dashboard", (t) => {
    const data = join(createTemporaryFolder(t), "data.json");
    const { severity, runbookUrl, dashboardUrl } = index("ServiceDown");
    const one = { ...alert("ServiceDown", atRouter("a")), status: "firing" };
    const labels = { alertname: "ServiceDown", severity };
    writeFileSync(
      data,
      JSON.stringify({ status: "firing", receiver: "r", groupLabels: labels, commonLabels: labels, alerts: [one] }),
    );
    const render = (template: string): string => {
      const glob = join(import.meta.dirname, "../../ops/alertmanager/templates/*.tmpl");
      const args = [
        "template",
        "render",
        `--template.glob=${glob}`,
        `--template.text=${template}`,
        `--template.data=${data}`,
      ];
      return amtool(...args).output.trim();
    };
    assert.equal(render('{{ template "ccr.title" . }}'), "[FIRING 1] Critical: ServiceDown");
    assert.equal(render('{{ template "ccr.link" . }}'), runbookUrl);
    const text = render('{{ template "ccr.text" . }}');
    for (const part of ["ServiceDown happened", "at 7", runbookUrl, dashboardUrl, "ccr runbook ServiceDown"]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.match(render('{{ template "ccr.html" . }}'), /<a href="http:\/\/localhost:3456\/runbooks\/ServiceDown">/);
  });
});

function index(name: string) {
  return runbookIndex(configSchema.parse({}).alerting).find(({ alert }) => alert === name)!;
}

const atRouter = (instance: string) => ({ job: "claude-code-router", instance });

/** An alert as Prometheus posts it. */
function alert(name: string, labels: Readonly<Record<string, string>>) {
  const { severity, team, runbookUrl, dashboardUrl } = index(name);
  return {
    labels: { alertname: name, severity, team, ...labels },
    annotations: {
      summary: `${name} happened`,
      description: "at 7",
      runbook_url: runbookUrl,
      dashboard_url: dashboardUrl,
    },
    // As Prometheus: when it began to fire. An old one would be told before Alertmanager has seen the others.
    startsAt: new Date().toISOString(),
  };
}

async function listen() {
  const notifications: Notification[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      notifications.push(JSON.parse(text) as Notification);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    notifications,
    names: () => namesOf(notifications.flatMap(({ alerts }) => alerts)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function namesOf(alerts: readonly { readonly labels: Readonly<Record<string, string>> }[]): readonly string[] {
  return [...new Set(alerts.map(({ labels }) => `${labels["alertname"]} ${labels["instance"] ?? "-"}`))].sort();
}

/** The committed configuration with this web hook, and no more wait than a moment before it tells. */
async function startAlertmanager(t: CleansUp, url: string) {
  const receivers = { webhook: { url }, slack: { enabled: false }, email: { enabled: false } };
  const file = writeConfig(t, { receivers }, (text) => text.replaceAll(/group_wait: \d+s/g, "group_wait: 1s"));
  const port = await freePort();
  const flags = [
    `--config.file=${file}`,
    `--storage.path=${createTemporaryFolder(t)}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
  ];
  const child = spawn("prometheus-alertmanager", flags, { stdio: "ignore" });
  const base = `http://127.0.0.1:${port}`;
  t.after(() => void child.kill());
  await waitUntil("Alertmanager is ready", async () => (await fetch(`${base}/-/ready`)).ok, 30_000);
  return {
    post: async (alerts: readonly object[]) => {
      const answer = await fetch(`${base}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      assert.equal(answer.status, 200, await answer.text());
    },
    /** What it knows of and keeps quiet about. */
    suppressed: async () => {
      const answer = await fetch(`${base}/api/v2/alerts?inhibited=true`);
      const alerts = (await answer.json()) as { labels: Record<string, string>; status: { state: string } }[];
      return namesOf(alerts.filter(({ status }) => status.state === "suppressed"));
    },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}
