/** The console in a real browser, where a proxy has put the router below a path of its own and takes that path off. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { startLocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { launchBrowser, openPage, skip } from "./console-browser.ts";

/** Serves the router below `/ccr/`, and nothing else. Answers the proxy's address. */
async function startProxy(t: CleansUp, port: number): Promise<string> {
  const proxy = createServer((asked, answer) => {
    if (!asked.url!.startsWith("/ccr/")) return void answer.writeHead(404).end();
    const { method, headers } = asked;
    const onward = request({ port, method, headers, path: asked.url!.slice("/ccr".length) }, (given) => {
      answer.writeHead(given.statusCode!, given.headers);
      given.pipe(answer);
    });
    asked.pipe(onward);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test(
  "below a path of a proxy the console reads, changes and links to runbooks, and the sign-in page has its form",
  { skip },
  async (t) => {
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const router = await startLocalRouter(t, {
      providers: { sim: { kind: "anthropic", baseUrl: "http://127.0.0.1:9", apiKey: "k" } },
      auth: {
        adminKeyHash: hash("sha256", "admin-key", "hex"),
        keys: [{ hash: hash("sha256", "ana", "hex"), user: "ana" }],
      },
    });
    const headers = { authorization: "Bearer admin-key" };
    const alerts = [
      { status: "firing", labels: { alertname: "ProviderDown" }, annotations: {}, startsAt: new Date().toISOString() },
    ];
    const body = JSON.stringify({ version: "4", alerts });
    assert.equal((await fetch(`${router.url}/api/alerts/webhook`, { method: "POST", headers, body })).status, 200);
    const base = await startProxy(t, router.port);
    const { page } = await openPage(t, browser, `${base}/ccr/`);
    await page.getByLabel("Key").fill("admin-key");
    await page.getByRole("button", { name: "Open the console" }).click();
    await page.getByText("Calls a minute").waitFor();
    await page.getByRole("link", { name: "ProviderDown" }).waitFor();
    const runbook = await page.evaluate("document.querySelector('.reasons a').href");
    assert.equal(runbook, `${base}/ccr/runbooks/ProviderDown`);
    await page.getByRole("link", { name: "Configuration" }).click();
    await page.getByRole("button", { name: "Reload configuration" }).click();
    await page.getByText("this router was started with a fixed configuration").waitFor();
    await page.goto(`${base}/ccr/device`);
    await page.getByLabel("Code in the terminal").fill("BCDF-GHJK");
    await page.getByRole("button", { name: "It was not me" }).click();
    await page.getByText("No sign-in waits under this code").waitFor();
    assert.equal(page.url(), `${base}/ccr/device`);
  },
);
