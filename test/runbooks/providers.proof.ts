/** Runbooks about providers and calls, followed while a provider fails, is slow, or the router is busy itself. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";
import { followAll, goodHistory, startBench, untilMetric, whileCalling } from "./runbook-bench.ts";

/** A good hour, and another one two hours ago. */
const history = [
  ...goodHistory(30, { untilMs: 6 * 60_000, durationMs: 200 }),
  ...goodHistory(30, { untilMs: 2 * 3_600_000, durationMs: 200 }),
];

test("the only provider is overloaded", async (t) => {
  const bench = await startBench(t, { history });
  bench.provider.behave({ fault: { kind: "overloaded" } });
  await bench.calls(12);
  await untilMetric(bench, /^ccr_circuit_breaker_state\{.*\} 2$/m);
  await followAll(bench, {
    ProviderDown: /sim: unhealthy, score 0\.\d+; most likely: provider_(overloaded|failed)/,
    BreakerOpen: /"kind": "open"/,
    HighErrorRate: /% of calls fail \(0 % before\); most likely: provider_/,
    AvailabilityFastBurn: /% of calls fail/,
    AvailabilitySlowBurn: /% of calls fail/,
  });
  // Its mitigation restarts the router, and with it go the breakers.
  await followAll(bench, { AllProvidersDown: /CRITICAL +provider sim/ });
});

test("the provider is slow to begin", async (t) => {
  const bench = await startBench(t, { history });
  bench.provider.behave({ firstTokenMs: 1_500 });
  await whileCalling(bench, 2, async () => {
    await bench.calls(3);
    const isSlow = /instead of \d+ ms; most likely: provider sim is slow/;
    await followAll(bench, {
      HighLatency: isSlow,
      VeryHighLatency: isSlow,
      ProviderHighLatency: isSlow,
      FirstByteFastBurn: isSlow,
      FirstByteSlowBurn: isSlow,
    });
  });
});

test("an own routing module keeps the event loop busy", async (t) => {
  const folder = createTemporaryFolder(t);
  const module = join(folder, "busy.mjs");
  const busy = "const until = performance.now() + 400; while (performance.now() < until);";
  writeFileSync(module, `export default () => { ${busy} return null; };\n`);
  const bench = await startBench(t, { settings: { routing: { module } }, history });
  await whileCalling(bench, 2, async () => {
    await bench.calls(3);
    const isBusy = /the router itself is busy|event loop +lags by/;
    await followAll(bench, {
      EventLoopLag: isBusy,
      OverheadFastBurn: /most likely: the router itself is busy/,
      OverheadSlowBurn: /most likely: the router itself is busy/,
      HighCpuUsage: isBusy,
    });
  });
});

test("the provider's certificate ends in five days", async (t) => {
  const folder = createTemporaryFolder(t);
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = spawnSync("openssl", [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "5",
    "-keyout",
    keyFile,
    "-out",
    certFile,
    ...subject,
  ]);
  if (made.status !== 0) return t.skip("no openssl here");
  const server = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end('{"data":[]}');
  });
  await new Promise<void>((resolve) => void server.listen(0, "localhost", resolve));
  t.after(() => void server.close());
  const baseUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
  const providers = { sim: { kind: "anthropic", baseUrl, apiKey: "secret", caFile: certFile } };
  const bench = await startBench(t, { settings: { providers } });
  await bench.calls(1);
  await untilMetric(bench, /^ccr_provider_certificate_expiry_timestamp_seconds\{/m);
  await followAll(bench, {
    ProviderCertificateExpiring:
      /WARNING +sim TLS .*good for [45] days[\s\S]*ccr_provider_certificate_expiry_timestamp_seconds\{provider="sim"\} \d/,
  });
});
