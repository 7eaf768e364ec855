import assert from "node:assert/strict";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { dayMs } from "../../core/time/durations.ts";
import type { ProviderCheck } from "../connectivity/check-providers.ts";
import { verdictOf } from "../finding.ts";
import { judgePreflight } from "./judge-preflight.ts";
import type { PreflightFigures } from "./preflight-figures.ts";
import { neededFiles, probeBuild } from "./probe-build.ts";
import { probePort } from "./probe-port.ts";

const nowMs = Date.UTC(2026, 10, 28);

function accepted(status: number, skewMs = 0): ProviderCheck {
  const detail = { status, providerTimeMs: nowMs - skewMs };
  return {
    kind: "checked",
    connectivity: {
      provider: "groq",
      origin: "https://api.groq.com",
      proxy: null,
      endpoint: {
        dns: { kind: "done", tookMs: 1, detail: { addresses: ["192.0.2.1"] } },
        tcp: { kind: "done", tookMs: 1, detail: { address: "192.0.2.1" } },
        tls: { kind: "done", tookMs: 1, detail: { expiresAtMs: nowMs + 60 * dayMs, issuer: "X", distrust: null } },
      },
      credentials: [{ credential: "key-1", answer: { kind: "done", tookMs: 1, detail } }],
    },
  };
}

const good: PreflightFigures = {
  nodeVersion: "v24.21.0",
  neededNode: "^22.19 || >=24",
  build: { kind: "built" },
  configuration: {
    kind: "good",
    path: "/etc/ccr/ccr.yaml",
    warnings: [],
    isExposed: true,
    hasKeys: true,
    hasAdminKey: true,
  },
  providers: [accepted(200)],
  redis: { kind: "done", tookMs: 1, detail: { version: "Redis 7" } },
  postgres: null,
  machine: { totalMemoryBytes: 8e9, availableMemoryBytes: 4e9, loadPerCore: 1, disks: [] },
  port: { host: "0.0.0.0", port: 3456, kind: "free", reason: "" },
  start: { kind: "done", tookMs: 500, detail: { readyMs: 500 } },
  nowMs,
};

function statusOf(figures: Partial<PreflightFigures>, check: string): string | undefined {
  return judgePreflight({ ...good, ...figures }).find((finding) => finding.check === check)?.status;
}

test("a deployment with nothing wrong is fine", () => {
  assert.equal(verdictOf(judgePreflight(good)), "ok");
});

test("a key counts when the provider takes it, not when a line of a file looks like one", () => {
  // The guide's checklist was content with a commented key, and a program that sleeps.
  assert.equal(statusOf({ providers: [accepted(401)] }, "groq key key-1"), "critical");
  assert.equal(statusOf({ providers: [accepted(402)] }, "groq key key-1"), "critical");
  assert.equal(statusOf({ providers: [accepted(429)] }, "groq key key-1"), "warning");
  const unusable: ProviderCheck = { kind: "unusable", provider: "groq", reason: "providers.groq: no key" };
  assert.equal(statusOf({ providers: [unusable] }, "groq"), "critical");
  assert.equal(statusOf({ providers: [] }, "providers"), "critical");
});

test("a start that does not become ready is critical, whatever else is fine", () => {
  const start = { kind: "failed", tookMs: 1, reason: "it started, and /readyz answers 503" } as const;
  assert.equal(statusOf({ start }, "start"), "critical");
});

test("an old Node, a build that lacks files or is older than its sources are found", () => {
  assert.equal(statusOf({ nodeVersion: "v22.18.0" }, "Node.js"), "critical");
  for (const nodeVersion of ["v22.19.0", "v24.0.0", "v26.1.0"])
    assert.equal(statusOf({ nodeVersion }, "Node.js"), "ok");
  for (const nodeVersion of ["v18.20.0", "v23.11.0"]) assert.equal(statusOf({ nodeVersion }, "Node.js"), "critical");
  assert.equal(statusOf({ build: { kind: "incomplete", missing: "dist/cli/main.js" } }, "build"), "critical");
  assert.equal(statusOf({ build: { kind: "stale", newest: "src/x.ts" } }, "build"), "warning");
});

test("an address that others reach needs keys; stores that are configured must answer", () => {
  const open = { ...good.configuration, hasKeys: false } as PreflightFigures["configuration"];
  assert.equal(statusOf({ configuration: open }, "access"), "critical");
  const headless = { ...good.configuration, hasAdminKey: false } as PreflightFigures["configuration"];
  assert.equal(statusOf({ configuration: headless }, "access"), "warning");
  const failed = { kind: "failed", tookMs: 5_000, reason: "nothing within 5000 ms" } as const;
  assert.equal(statusOf({ redis: failed }, "Redis"), "critical");
  assert.equal(statusOf({ postgres: failed }, "PostgreSQL"), "critical");
  assert.equal(statusOf({}, "PostgreSQL"), "skipped");
});

test("a clock is judged by the providers' median: one wrong provider does not matter", () => {
  assert.equal(statusOf({ providers: [accepted(200, 45_000)] }, "clock"), "warning");
  assert.equal(statusOf({ providers: [accepted(200, -400_000)] }, "clock"), "critical");
  const one = [accepted(200), accepted(200, 900_000), accepted(200)];
  assert.equal(statusOf({ providers: one }, "clock"), "ok");
  assert.equal(statusOf({ providers: [] }, "clock"), "skipped");
});

test("a certificate that ends soon is told in time, one that is not trusted at once", () => {
  const ending = (days: number, distrust: string | null = null): ProviderCheck => {
    const check = accepted(200);
    if (check.kind === "unusable") return check;
    const detail = { expiresAtMs: nowMs + days * dayMs, issuer: "X", distrust };
    const tls = { kind: "done", tookMs: 1, detail } as const;
    const { connectivity } = check;
    return { kind: "checked", connectivity: { ...connectivity, endpoint: { ...connectivity.endpoint, tls } } };
  };
  assert.equal(statusOf({ providers: [ending(15)] }, "groq TLS"), "ok");
  assert.equal(statusOf({ providers: [ending(13)] }, "groq TLS"), "warning");
  assert.equal(statusOf({ providers: [ending(2)] }, "groq TLS"), "critical");
  assert.equal(statusOf({ providers: [ending(90, "SELF_SIGNED_CERT")] }, "groq TLS"), "critical");
});

test("the build is looked at as it lies on disk", (t) => {
  const folder = createTemporaryFolder(t);
  const write = (file: string, seconds: number): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
    utimesSync(join(folder, file), seconds, seconds);
  };
  assert.deepEqual(probeBuild(folder), { kind: "incomplete", missing: "dist/" });
  write("src/cli/main.ts", 100);
  assert.deepEqual(probeBuild(folder), { kind: "sources" });
  write("dist/cli/main.js", 200);
  assert.equal(probeBuild(folder).kind, "incomplete");
  for (const file of neededFiles) write(file, 200);
  assert.deepEqual(probeBuild(folder), { kind: "built" });
  write("src/core/time/clock.ts", 300);
  assert.deepEqual(probeBuild(folder), { kind: "stale", newest: "src/core/time/clock.ts" });
});

test("each file that a build must hold has a source from which it is made", () => {
  const sources = neededFiles.map((file) => file.replace(/^dist/, "src").replace(/\.js$/, ".ts"));
  const root = join(import.meta.dirname, "../../..");
  assert.deepEqual(
    sources.filter((file) => !existsSync(join(root, file))),
    [],
  );
});

test("a port is taken by another program, forbidden, or another one at each start, which no client could know", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  t.after(() => void server.close());
  assert.equal((await probePort("127.0.0.1", port)).kind, "taken");
  assert.equal((await probePort("192.0.2.1", 0)).kind, "forbidden");
  assert.equal(statusOf({ port: await probePort("127.0.0.1", 0) }, "port"), "warning");
});
