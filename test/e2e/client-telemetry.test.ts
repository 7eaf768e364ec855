/** What becomes of the telemetry that clients send. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { waitUntil } from "../kit/wait-until.ts";
import { ask, bash, post, read, scrape, startMonitoredRouter, valueOf } from "./monitored-router.ts";
import type { Quality } from "./monitored-router.ts";
import { startCollector } from "./collector.ts";

function toolEvent(name: string, attributes: Readonly<Record<string, string>>): object {
  const list = Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const record = { body: { stringValue: `claude_code.${name}` }, attributes: list };
  return { resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords: [record] }] }] };
}

test("a rejected edit lowers the score of exactly the provider that wrote it", async (t) => {
  const bench = await startMonitoredRouter(t);
  const ids: string[] = [];
  for (const model of ["anthropic/claude-sonnet-4-5", "openai/gpt-4.1"]) {
    const { text } = await ask(bench, model, '[[tool:Bash {"command":"ls"}]]', {
      body: { tools: [bash], stream: true },
    });
    ids.push(/"type":"tool_use","id":"([^"]+)"/.exec(text)?.[1] ?? "");
  }
  assert.ok(ids.every((id) => id !== ""));
  await waitUntil("both are judged", async () => (await read<Quality>(bench, "/api/quality")).targets.length === 2);
  const event = { tool_use_id: ids[1]!, decision: "reject", source: "user_reject", tool_name: "Edit" };
  const answer = await post(bench, "/v1/logs", toolEvent("tool_decision", event));
  assert.equal(answer.status, 200);
  const { targets } = await read<Quality>(bench, "/api/quality");
  const [anthropic, openai] = ["anthropic", "openai"].map((name) => targets.find((one) => one.provider === name));
  assert.equal(anthropic?.satisfaction, 0.5);
  assert.ok(openai !== undefined && openai.satisfaction < 0.4);
  const metrics = await scrape(bench);
  assert.equal(valueOf(metrics, 'ccr_tool_decisions_total{provider="openai",decision="reject"}'), 1);
  assert.ok(!metrics.includes('ccr_tool_decisions_total{provider="anthropic",decision="reject"} 1'));
  const score = valueOf(metrics, 'ccr_user_satisfaction_score{user_tier="standard",provider="openai"}');
  assert.ok(Math.abs(score - openai.satisfaction) < 0.001);
});

test("telemetry is answered with 200 whatever it is, in the encoding that it came in", async (t) => {
  const bench = await startMonitoredRouter(t);
  for (const path of ["/v1/logs", "/v1/metrics", "/v1/traces"]) {
    for (const [type, answered] of [
      ["application/json", "{}"],
      ["application/x-protobuf", ""],
    ] as const) {
      for (const encoding of ["identity", "gzip", "unheard-of"]) {
        const headers = { "content-type": type, "content-encoding": encoding };
        const answer = await fetch(bench.router.url + path, { method: "POST", headers, body: "\u0001 no telemetry {" });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("content-type"), type);
        assert.equal(await answer.text(), answered);
      }
    }
  }
});

test("large or compressed telemetry that never ends is held of so many clients only, who need no key; small is read all the same", async (t) => {
  const bench = await startMonitoredRouter(t);
  const answered: string[] = [];
  const sockets = Array.from({ length: 40 }, (_, index) => {
    const socket = connect({ port: Number(new URL(bench.router.url).port), host: "127.0.0.1" });
    socket.on("data", (bytes: Buffer) => answered.push(bytes.toString().slice(0, 12)));
    const size = index % 2 === 0 ? "content-length: 8000000" : "content-encoding: br\r\ncontent-length: 14";
    socket.write(`POST /v1/logs HTTP/1.1\r\nhost: x\r\n${size}\r\n\r\n{`);
    return socket;
  });
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await waitUntil("all beyond the first 32 have their answer", () => answered.length === 8);
  assert.deepEqual([...new Set(answered)], ["HTTP/1.1 200"]);
  const { text } = await ask(bench, "anthropic/claude-sonnet-4-5", '[[tool:Bash {"command":"ls"}]]', {
    body: { tools: [bash] },
  });
  const [, id = ""] = /"type":"tool_use","id":"([^"]+)"/.exec(text) ?? [];
  await waitUntil("it is judged", async () => (await read<Quality>(bench, "/api/quality")).targets.length === 1);
  await post(
    bench,
    "/v1/logs",
    toolEvent("tool_decision", { tool_use_id: id, decision: "reject", source: "user_reject" }),
  );
  const { targets } = await read<Quality>(bench, "/api/quality");
  assert.ok(targets[0]!.satisfaction < 0.4);
});

test("telemetry is passed on to a collector, unpacked", async (t) => {
  const { endpoint: telemetryForward, received } = await startCollector(t);
  const bench = await startMonitoredRouter(t, { monitoring: { telemetryForward } });
  const packed = { method: "POST", headers: { "content-encoding": "gzip" }, body: gzipSync("{}") };
  for (const path of ["/v1/logs", "/v1/metrics"]) await post(bench, path, {});
  await fetch(`${bench.router.url}/v1/traces`, packed);
  await waitUntil("all three are there", () => received.length === 3);
  for (const { request, body } of received)
    assert.deepEqual([request.headers["content-encoding"], body], [undefined, "{}"]);
  assert.deepEqual(received.map(({ request }) => request.url ?? "").toSorted(), [
    "/v1/logs",
    "/v1/metrics",
    "/v1/traces",
  ]);
});
