/** The console in a real browser, where chromium is installed: a ledger that holds more than a page, or is away. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { waitUntil } from "../kit/wait-until.ts";
import { call, launchBrowser, openPage, skip, start } from "./console-browser.ts";

describe("the console and the ledger", { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  test("the calls of a provider that is configured no more stay chosen while another filter is typed", async (t) => {
    const { router } = await start(t);
    const { page } = await openPage(t, browser, `${router.url}/#/calls?provider=gone`);
    await page.getByText("No call fits these filters.").waitFor();
    assert.equal(await page.getByLabel("Provider").inputValue(), "gone");
    await page.getByLabel("Model").fill("claude-haiku-4-5");
    await page.clock.runFor(1_000);
    await waitUntil("both filters hold", () => page.url().endsWith("#/calls?model=claude-haiku-4-5&provider=gone"));
  });

  test("a name with blanks around it, which a link brought, stays whole while another filter is typed", async (t) => {
    const { router } = await start(t);
    const { page } = await openPage(t, browser, `${router.url}/#/calls?user=+ana+`);
    await page.getByText("No call fits these filters.").waitFor();
    await page.getByLabel("Model").fill(" opus ");
    await page.clock.runFor(1_000);
    await waitUntil("both filters hold", () => page.url().endsWith("#/calls?user=+ana+&model=opus"));
    await page.getByText("No call fits these filters.").waitFor();
    await page.getByLabel("Model").fill(" ");
    await page.clock.runFor(1_000);
    await waitUntil("a blank is no filter", () => page.url().endsWith("#/calls?user=+ana+"));
  });

  test("a table of costs that leaves out the cheapest says what they cost together", async (t) => {
    const { router } = await start(t);
    await Promise.all(Array.from({ length: 503 }, (_, index) => call(router, `claude-sonnet-4-5-${index}`)));
    const { page } = await openPage(t, browser, `${router.url}/#/costs?days=1&by=model`);
    await page.getByText(/^These are the 500 dearest; all others together: 3 calls, \$0\.\d*[1-9]\d*\.$/).waitFor();
    await page.getByRole("button", { name: "Provider" }).click();
    await page.getByText("These are the").waitFor({ state: "hidden" });
  });

  test("one of hundreds is found among costs by a part of the name, by keyboard, and stays found", async (t) => {
    const { router } = await start(t);
    const models = Array.from({ length: 503 }, (_, index) => `claude-sonnet-4-5-${index}`);
    await Promise.all(models.map((model) => call(router, model)));
    const { page } = await openPage(t, browser, `${router.url}/#/costs?days=1&by=model`);
    await page.getByText(/^These are the 500 dearest/).waitFor();
    const names = page.locator("table.costs tbody th");
    const shown = new Set(await names.allInnerTexts());
    const leftOut = models.find((model) => !shown.has(model)) ?? assert.fail("all are shown");
    await page.getByRole("searchbox", { name: "Part of the name" }).focus();
    await page.keyboard.type(leftOut.toUpperCase());
    await page.clock.runFor(1_000);
    await page.getByText("These are the").waitFor({ state: "hidden" });
    assert.deepEqual(await names.allInnerTexts(), [leftOut]);
    assert.ok(page.url().endsWith(`#/costs?days=1&by=model&contains=${leftOut.toUpperCase()}`));
    await page.getByRole("button", { name: "7 days" }).click();
    await page.getByText("last 7 days, UTC").waitFor();
    assert.deepEqual(await names.allInnerTexts(), [leftOut]);
    await page.getByRole("searchbox").fill("nobody");
    await page.clock.runFor(1_000);
    await page.getByText("No name fits.").waitFor();
  });

  test("a page that takes long to read is read less often", async (t) => {
    const { router } = await start(t);
    const { page, requests } = await openPage(t, browser, `${router.url}/#/configuration`);
    const held = Promise.withResolvers<() => Promise<void>>();
    await page.route("**/api/costs/summary?*by=user", (route) => held.resolve(() => route.continue()), { times: 1 });
    await page.getByRole("link", { name: "Costs" }).click();
    const release = await held.promise;
    await page.clock.runFor(3_000);
    await release();
    await page.getByText("No calls in this period.").waitFor();
    const readings = (): number => requests.filter((url) => url.endsWith("by=user")).length;
    await page.clock.runFor(7_000);
    assert.equal(readings(), 1);
    await page.clock.runFor(20_000);
    await waitUntil("it is read again", () => readings() > 1);
  });

  test("while PostgreSQL is away the first page shows all that the router itself knows", async (t) => {
    const { router } = await start(t, { ledger: { postgres: "postgres://127.0.0.1:9/none" } });
    const { page, requests } = await openPage(t, browser, `${router.url}/`);
    await page.getByText("Calls a minute").waitFor();
    await page.getByText("The ledger cannot be read.", { exact: true }).waitFor();
    await page.getByText("no error since the start").waitFor();
    const asked = requests.filter((url) => url.includes("/api/calls"));
    assert.deepEqual(asked, [], "the ledger's absence is known: nothing waits the seconds for which it is asked again");
  });

  test("who gives the key on a page that cannot be read meanwhile gets to the others", async (t) => {
    const auth = { adminKeyHash: hash("sha256", "admin-key", "hex") };
    const { router } = await start(t, { auth, ledger: { postgres: "postgres://127.0.0.1:9/none" } });
    const { page } = await openPage(t, browser, `${router.url}/#/calls`);
    await page.getByLabel("Key").fill("admin-key");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing to show").waitFor();
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByText("Calls a minute").waitFor();
  });
});
