/** Whose clock, which scale, why none: what a picture of the console's pages must tell by itself. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { call, launchBrowser, openPage, skip, start } from "./console-browser.ts";

describe("the console", { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  test("says in which zone its times are, and of a call both that time and UTC", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await openPage(t, browser, `${router.url}/#/calls`, { timezoneId: "Asia/Kolkata" });
    await page.getByText("Times: Asia/Calcutta").or(page.getByText("Times: Asia/Kolkata")).waitFor();
    assert.match(await page.locator(".live time").innerText(), /^\d\d:\d\d:\d\d GMT\+5:30$/);
    await page.locator("table.calls tbody a").click();
    const started = page.getByRole("dialog").locator("dt:text-is('Started') + dd");
    const [, here = "", utc = ""] = /, (\d\d:\d\d:\d\d) GMT\+5:30 \((.*)\)$/.exec(await started.innerText()) ?? [];
    const ahead = new Date(Date.parse(utc) + 5.5 * 3_600_000);
    assert.equal(here, ahead.toISOString().slice(11, 19));
  });

  test("the list of calls tells why one failed, where it was sent and nothing came of it", async (t) => {
    const { router, provider } = await start(t);
    provider.behave({ fault: { kind: "overloaded" } });
    await call(router, "claude-sonnet-4-5");
    const { page } = await openPage(t, browser, `${router.url}/#/calls?outcome=error`);
    await page.locator("td.model", { hasText: /no answer: Overloaded/ }).waitFor();
  });

  test("a provider that got no calls has no health yet, and gets one with its first call", async (t) => {
    const { router } = await start(t);
    const { page } = await openPage(t, browser, `${router.url}/`);
    const provider = page.locator(".page-overview li", { has: page.locator(".who .name", { hasText: "anthropic" }) });
    await provider.getByText("no calls", { exact: true }).waitFor();
    assert.equal(await provider.locator(".score").innerText(), "–");
    await call(router, "claude-sonnet-4-5");
    await provider.getByText("healthy", { exact: true }).waitFor();
    assert.equal(await provider.locator(".score").innerText(), "100");
  });

  test("a chart of costs tells in words what its highest column stands for", async (t) => {
    const { router } = await start(t);
    const { page } = await openPage(t, browser, `${router.url}/#/costs`);
    await page.getByText("Days in UTC.").waitFor();
    await call(router, "claude-sonnet-4-5");
    const cost = page.locator(".figure", { hasText: "last 7 days" }).locator(".value");
    const scale = page.getByText(/^Days in UTC; the highest is \d+ \w+: /);
    await page.clock.runFor(10_000);
    assert.ok((await scale.innerText()).includes(`: ${await cost.innerText()}, 1 call.`));
    await page.goto(`${router.url}/#/costs?days=1`);
    await page.getByText(/^Hours in UTC; the highest is \d\d:00: /).waitFor();
  });
});
