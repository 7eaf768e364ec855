/** The console in a real browser, where chromium is installed: what people see and do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const executablePath = "/usr/bin/chromium";
const skip = existsSync(executablePath) ? false : "chromium is not installed";
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Opened {
  readonly page: Page;
  /** Errors in the browser's console, and scripts that failed. */
  readonly errors: readonly string[];
  /** Addresses asked for. */
  readonly requests: readonly string[];
}

describe("the console in a browser", { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({ executablePath, args });
  });
  after(() => browser.close());

  async function open(t: CleansUp, url: string): Promise<Opened> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.clock.install();
    const errors: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, errors, requests };
  }

  test("shows calls as they end, and in detail why one went where it went, by mouse and by keyboard", async (t) => {
    const { router } = await start(t);
    const { page, errors, requests } = await open(t, `${router.url}/`);
    await page.getByText("Calls a minute").waitFor();
    await page.getByRole("link", { name: "Calls", exact: true }).click();
    await page.getByText("No calls yet.").waitFor();

    await call(router, "claude-sonnet-4-5");
    const row = page.locator("table.calls tbody tr");
    await row.waitFor();
    assert.match(await row.innerText(), /local[^]*claude-sonnet-4-5[^]*→ anthropic\/claude-sonnet-4-5[^]*answered/);

    await row.locator(".model").click();
    const details = page.getByRole("dialog");
    await details.getByText("Tokens and cost").waitFor();
    assert.match(await details.innerText(), /Why it went there[^]*Tries[^]*HTTP 200[^]*Together[^]*price catalog/);
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "hidden" });

    await row.locator("a").focus();
    await page.keyboard.press("Enter");
    await details.getByText("Tokens and cost").waitFor();
    await page.goBack();
    await details.waitFor({ state: "hidden" });

    assert.deepEqual(errors, []);
    assert.deepEqual(
      requests.filter((address) => !address.startsWith(`${router.url}/`)),
      [],
    );
  });

  test("keeps what people look at and type in while figures change around it", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await open(t, `${router.url}/#/calls`);
    await page.locator("table.calls tbody tr").waitFor();
    const field = page.getByLabel("User");
    await field.pressSequentially("loc");
    await page.getByText("No call fits these filters.").waitFor();
    await field.pressSequentially("al");
    await page.locator("table.calls tbody tr").waitFor();
    assert.equal(await field.inputValue(), "local");
    assert.ok(await page.evaluate("document.activeElement.name === 'user'"));
    const kept = await page.locator("table.calls tbody tr").last().elementHandle();
    await call(router, "claude-haiku-4-5");
    await waitUntil("the new call shows", async () => (await page.locator("table.calls tbody tr").count()) === 2);
    assert.ok(await kept.evaluate((node) => node.isConnected && node.matches(":last-child")));
  });

  test("an account that could not be read says so, and is read again", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await open(t, `${router.url}/#/calls`);
    await page.route("**/api/calls/*", (route) => route.abort(), { times: 1 });
    await page.locator("table.calls tbody tr .model").click();
    const details = page.getByRole("dialog");
    await details.getByText("The router does not answer.").waitFor();
    await details.getByText("Tokens and cost").waitFor();
  });

  test("names in a small screen's chart stand apart, and a failed call without a model says so", async (t) => {
    const { router } = await start(t);
    await call(router, "");
    const { page } = await open(t, `${router.url}/`);
    await page.getByText(/^local, no model named, /).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${router.url}/#/costs?days=30`);
    await page.locator(".columns span:not(:empty)").first().waitFor({ state: "attached" });
    const edges: [number, number][] = await page.evaluate(`[...document.querySelectorAll(".columns span:not(:empty)")]
      .filter((name) => getComputedStyle(name).visibility !== "hidden")
      .map((name) => {
        const range = document.createRange();
        range.selectNodeContents(name);
        const { left, right } = range.getBoundingClientRect();
        return [left, right];
      })`);
    assert.ok(edges.length > 2);
    for (const [index, [left]] of edges.entries()) {
      assert.ok(index === 0 || left - edges[index - 1]![1] > 4, JSON.stringify(edges));
    }
  });

  test("resets a breaker", async (t) => {
    const { router, provider } = await start(t, { retries: { attemptsPerTarget: 1 } });
    provider.behave({ fault: { kind: "status", status: 500 }, faultRatio: 1 });
    for (let count = 0; count < 6; count++) await call(router, "claude-sonnet-4-5");
    const { page, errors } = await open(t, `${router.url}/`);
    await page.getByText("breaker open").waitFor();
    provider.resetBehaviour();
    await page.getByRole("button", { name: "Reset" }).click();
    await page.getByText("The breaker of anthropic/claude-sonnet-4-5 is closed again.").waitFor();
    await page.getByText("breaker open").waitFor({ state: "detached" });
    const breakers = (await (await fetch(`${router.url}/debug/circuit-breakers`)).json()) as { kind: string }[];
    assert.deepEqual(
      breakers.map(({ kind }) => kind),
      ["closed"],
    );
    assert.deepEqual(errors, []);
  });

  test("asks for the key, keeps it out of every address, and forgets it on demand", async (t) => {
    const auth = { adminKeyHash: sha256("the-admin-key"), keys: [{ hash: sha256("key-of-ana"), user: "ana" }] };
    const { router } = await start(t, { auth });
    const { page, errors, requests } = await open(t, `${router.url}/`);
    await page.getByLabel("Key").fill("a-wrong-key");
    await page.keyboard.press("Enter");
    await page.getByText("That key was not accepted.").waitFor();
    await page.getByLabel("Key").fill("the-admin-key");
    await page.keyboard.press("Enter");
    await page.getByText("Calls a minute").waitFor();
    await page.reload();
    await page.getByText("Calls a minute").waitFor();
    assert.ok(![page.url(), ...requests].some((address) => address.includes("key")));
    assert.deepEqual(await page.evaluate("[localStorage.length, document.cookie]"), [0, ""]);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Key").waitFor();
    assert.equal(await page.evaluate("sessionStorage.length"), 0);
    assert.equal(await page.getByText("Calls a minute").count(), 0);
    // The browser itself writes a line for each 401.
    assert.deepEqual(
      errors.filter((text) => !text.includes("401")),
      [],
    );
  });

  test("says that the router does not answer, and goes on by itself when it does again", async (t) => {
    const { settings } = await start(t);
    const ends: (() => unknown)[] = [];
    const router = await startLocalRouter({ after: (end) => ends.push(end) }, settings);
    const { page } = await open(t, `${router.url}/`);
    await page.getByText("Calls a minute").waitFor();
    for (const end of ends.reverse()) await end();
    await page.getByText("not reachable, trying again").waitFor();
    assert.equal(await page.getByText("Calls a minute").count(), 1);
    const again = await startLocalRouter(t, { ...settings, server: { port: router.port } });
    await page.getByText("not reachable, trying again").waitFor({ state: "detached" });
    await call(again, "claude-haiku-4-5");
    await page.getByText("1 call since midnight UTC").waitFor();
  });

  test("shows markup in names as the text that it is", async (t) => {
    const { router } = await start(t);
    const evil = `<img src=x onerror="document.title='taken over'">`;
    await call(router, evil);
    const { page, errors } = await open(t, `${router.url}/#/calls`);
    await page.getByText(evil).first().waitFor();
    await page.locator("table.calls tbody tr .model").first().click();
    await page.getByRole("dialog").getByRole("heading", { name: evil }).waitFor();
    for (const address of ["#/costs?by=model", "#/overview", `#/calls?user=${encodeURIComponent(evil)}`])
      await page.goto(`${router.url}/${address}`);
    await page.getByText("No call fits these filters.").waitFor();
    assert.equal(await page.title(), "Claude Code Router");
    assert.equal(await page.locator("img").count(), 1);
    assert.deepEqual(errors, []);
  });

  test("tells what came of a reload, and reads nothing while nobody looks", async (t) => {
    const { router } = await start(t);
    const { page, requests } = await open(t, `${router.url}/#/configuration`);
    await page.getByRole("button", { name: "Reload configuration" }).click();
    await page.getByText("this router was started with a fixed configuration").waitFor();
    await page.getByRole("button", { name: "Live" }).click();
    await page.getByText("Paused").waitFor();
    const count = requests.length;
    await page.clock.runFor(30_000);
    assert.equal(requests.length, count);
  });

  test("fits a telephone: nothing is wider than the screen", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await open(t, `${router.url}/`);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const name of ["overview", "calls", "costs", "configuration"]) {
      await page.goto(`${router.url}/#/${name}`);
      await page.locator(`.page-${name}`).waitFor();
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360, name);
    }
  });

  test("another local site can change nothing: no form, no script, no frame", async (t) => {
    const { router, provider } = await start(t, { retries: { attemptsPerTarget: 1 } });
    provider.behave({ fault: { kind: "status", status: 500 }, faultRatio: 1 });
    for (let count = 0; count < 6; count++) await call(router, "claude-sonnet-4-5");
    const target = `${router.url}/debug/circuit-breakers/anthropic%2Fclaude-sonnet-4-5/reset`;
    // Same host, other port: to the browser the same site, so that only the header stands between.
    const site = await serve(
      t,
      `<iframe name=here></iframe><iframe id=framed src="${router.url}/"></iframe><form method=post action="${target}" target=here></form>`,
    );
    const { page } = await open(t, site);
    const answered = page.waitForResponse(target);
    await page.evaluate("document.querySelector('form').submit()");
    assert.equal((await answered).status(), 403);
    const outcomes = await page.evaluate(async (address) => {
      const ask = (more: RequestInit): Promise<string> =>
        fetch(address, { method: "POST", ...more }).then(
          (answer) => answer.type,
          () => "refused",
        );
      return [await ask({ mode: "no-cors" }), await ask({}), await ask({ headers: { "x-ccr-console": "1" } })];
    }, target);
    assert.deepEqual(outcomes, ["opaque", "refused", "refused"]);
    const breakers = (await (await fetch(`${router.url}/debug/circuit-breakers`)).json()) as { kind: string }[];
    assert.equal(breakers[0]?.kind, "open");
    const framed = page.frames().find((frame) => frame.parentFrame() !== null && frame.name() !== "here");
    assert.equal(await framed!.locator("header").count(), 0);
  });
});

interface Started {
  readonly router: LocalRouter;
  readonly provider: SimulatedProvider;
  readonly settings: object;
}

async function start(t: CleansUp, more: object = {}): Promise<Started> {
  const provider = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => provider.close());
  const settings = { providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } }, ...more };
  return { router: await startLocalRouter(t, settings), provider, settings };
}

async function call(router: LocalRouter, model: string): Promise<void> {
  const answer = await fetch(`${router.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model, max_tokens: 16, messages: [{ role: "user", content: "hi" }] }),
  });
  await answer.text();
}

/** A web site of somebody else's, at its address. */
async function serve(t: CleansUp, html: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html>${html}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
