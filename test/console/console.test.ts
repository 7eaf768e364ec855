/** The console in a real browser, where chromium is installed: what people see and do. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { startLocalRouter } from "../kit/local-router.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { call, launchBrowser, openPage, skip, start } from "./console-browser.ts";

describe("the console in a browser", { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  test("shows calls as they end, and in detail why one went where it went, by mouse and by keyboard", async (t) => {
    const { router } = await start(t);
    const { page, errors, requests } = await openPage(t, browser, `${router.url}/`);
    await page.getByText("Calls a minute").waitFor();
    await page.getByText("`ccr code` runs Claude Code through this router.").waitFor();
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
    // Closed and opened again within one turn.
    await page.evaluate(
      "document.querySelector('.close').click(), document.querySelector('table.calls tbody a').click()",
    );
    await waitUntil("the address names the call", async () => /#\/calls\/req_/.test(page.url()));
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
    const { page } = await openPage(t, browser, `${router.url}/#/calls`);
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

  test("goes by keyboard: the way past the tabs leaves the page, details open with the focus within and give it back", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await openPage(t, browser, `${router.url}/#/calls`);
    await page.locator("table.calls tbody tr").waitFor();
    assert.equal(await page.title(), "Calls · Claude Code Router");
    await page.locator("a.skip").focus();
    await page.keyboard.press("Enter");
    assert.ok(await page.evaluate("document.activeElement.id === 'main'"));
    assert.match(page.url(), /#\/calls$/);
    const link = page.locator("table.calls tbody tr a");
    await link.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("Tokens and cost").waitFor();
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Close");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.ok(await link.evaluate((node) => node.matches(":focus")));
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`can be read by those who see little: words and fields stand out from their ground (${colorScheme})`, async (t) => {
      const { router } = await start(t);
      await call(router, "claude-sonnet-4-5");
      await call(router, "");
      const { page } = await openPage(t, browser, `${router.url}/#/calls?outcome=error`, {
        colorScheme,
        reducedMotion: "reduce",
      });
      await page.locator("table.calls tbody tr a").click();
      await page.locator(".problem code").waitFor();
      const faint = await page.evaluate(faintParts());
      assert.deepEqual(faint, []);
    });
  }

  test("an answer that broke off is no answer in its call's account", async (t) => {
    const { router, provider } = await start(t);
    provider.behave({ fault: { kind: "cut", afterFrames: 3 } });
    await call(router, "claude-sonnet-4-5", { stream: true });
    const { page } = await openPage(t, browser, `${router.url}/#/calls?outcome=cut`);
    await page.locator("table.calls tbody tr .model").click();
    const details = page.getByRole("dialog");
    await details.locator(".attempts .chip.bad").getByText("provider_cut_answer").waitFor();
    await details.locator(".plan .chip.bad").getByText("broken off").waitFor();
    assert.equal(await details.getByText("answered", { exact: true }).count(), 0);
  });

  test("an address with an outcome that does not exist shows all calls, and lets choose another", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await openPage(t, browser, `${router.url}/#/calls?outcome=success`);
    await page.locator("table.calls tbody tr").waitFor();
    await page.goto(`${router.url}/#/calls?outcome=none-such`);
    await page.reload();
    await page.locator("table.calls tbody tr").waitFor();
    assert.equal(await page.getByLabel("Outcome").inputValue(), "");
  });

  test("an account that could not be read says so, and is read again", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const { page } = await openPage(t, browser, `${router.url}/#/calls`);
    await page.route("**/api/calls/*", (route) => route.abort(), { times: 1 });
    await page.locator("table.calls tbody tr .model").click();
    const details = page.getByRole("dialog");
    await details.getByText("The router does not answer.").waitFor();
    await details.getByText("Tokens and cost").waitFor();
  });

  test("names in a small screen's chart stand apart, and a failed call without a model says so", async (t) => {
    const { router } = await start(t);
    await call(router, "");
    const { page } = await openPage(t, browser, `${router.url}/`);
    await page.getByText(/^\d\d:\d\d:\d\d, local, no model named$/).waitFor();
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
    const { page, errors } = await openPage(t, browser, `${router.url}/`);
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

  test("says that the router does not answer, and goes on by itself when it does again", async (t) => {
    const { settings } = await start(t);
    const ends: (() => unknown)[] = [];
    const router = await startLocalRouter({ after: (end) => ends.push(end) }, settings);
    const { page } = await openPage(t, browser, `${router.url}/`);
    await page.getByText("Calls a minute").waitFor();
    for (const end of ends.reverse()) await end();
    await page.getByText("not reachable, trying again").waitFor();
    assert.equal(await page.getByText("Calls a minute").count(), 1);
    await page.getByRole("button", { name: "Live" }).click();
    assert.equal(await page.getByRole("alert").innerText(), "not reachable");
    await page.getByRole("button", { name: "Paused" }).click();
    const again = await startLocalRouter(t, { ...settings, server: { port: router.port } });
    await page.getByText("not reachable, trying again").waitFor({ state: "detached" });
    await call(again, "claude-haiku-4-5");
    await page.getByText("1 call since midnight UTC").waitFor();
  });

  test("says that a router hangs while it is still waited for", async (t) => {
    const { router } = await start(t);
    const { page } = await openPage(t, browser, `${router.url}/`);
    await page.getByText("Calls a minute").waitFor();
    const held = Promise.withResolvers<() => Promise<void>>();
    await page.route("**/api/overview", (route) => held.resolve(() => route.continue()), { times: 1 });
    const release = await held.promise;
    await page.clock.runFor(5_000);
    await page.getByText("not answering, trying again").waitFor();
    await release();
    await page.getByText("not answering, trying again").waitFor({ state: "detached" });
  });

  test("shows a call whose model has the longest name on a telephone without pulling anything out of shape", async (t) => {
    const { router } = await start(t);
    await call(router, `anthropic/claude-${"long-".repeat(99)}`);
    const { page } = await openPage(t, browser, `${router.url}/#/calls`, { viewport: { width: 360, height: 740 } });
    await page.locator("table.calls tbody tr .model").click();
    await page.getByText("Tokens and cost").waitFor();
    const [wide, heights] = await page.evaluate<[boolean, number[]]>(`[
      document.querySelector("dialog").scrollWidth > 360,
      [...document.querySelectorAll("dialog .chip")].map((chip) => chip.getBoundingClientRect().height),
    ]`);
    assert.equal(wide, false);
    assert.ok(heights.length >= 3 && heights.every((height) => height < 30), String(heights));
    assert.ok((await page.locator("dialog h1").boundingBox())!.height < 120);
  });

  test("goes to the top where older calls are shown", async (t) => {
    const { router } = await start(t);
    await Promise.all(Array.from({ length: 101 }, () => call(router, "claude-sonnet-4-5")));
    const { page } = await openPage(t, browser, `${router.url}/#/calls`);
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByRole("link", { name: "Newest" }).waitFor();
    assert.deepEqual(
      await page.evaluate("[scrollY, document.querySelectorAll('table.calls tbody tr').length]"),
      [0, 50],
    );
  });

  test("tells what came of a reload, and reads nothing while nobody looks", async (t) => {
    const { router } = await start(t);
    const { page, requests } = await openPage(t, browser, `${router.url}/#/configuration`);
    await page.getByRole("button", { name: "Reload configuration" }).click();
    await page.getByText("this router was started with a fixed configuration").waitFor();
    await page.getByRole("button", { name: "Live" }).click();
    await page.getByText("Paused").waitFor();
    const count = requests.length;
    await page.clock.runFor(30_000);
    assert.equal(requests.length, count);
  });

  test("a provider's long name stays in its column, on any screen", async (t) => {
    const name = "gateway_of_the_corporation_".repeat(4);
    const { router } = await start(t, {
      providers: { [name]: { kind: "custom", baseUrl: "http://127.0.0.1:9", dialect: "openai-chat", apiKey: "k" } },
    });
    for (const width of [360, 1280]) {
      const { page } = await openPage(t, browser, `${router.url}/`, { viewport: { width, height: 740 } });
      for (const place of ["overview", "configuration"]) {
        await page.goto(`${router.url}/#/${place}`);
        await page.locator(`.page-${place} .who`).getByText(name).waitFor();
        const isWide = "[...document.querySelectorAll('html, .who')].some((one) => one.scrollWidth > one.clientWidth)";
        assert.equal(await page.evaluate(isWide), false, `${place} at ${width}`);
      }
    }
  });

  test("fits a telephone: nothing is wider than the screen, whatever an alert says", async (t) => {
    const { router } = await start(t);
    await call(router, "claude-sonnet-4-5");
    const labels = { alertname: "Long".repeat(50), severity: "critical" };
    const startsAt = new Date().toISOString();
    const alerts = [{ status: "firing", labels, annotations: { summary: "word".repeat(500) }, startsAt }];
    const body = JSON.stringify({ version: "4", alerts });
    assert.equal((await fetch(`${router.url}/api/alerts/webhook`, { method: "POST", body })).status, 200);
    const { page } = await openPage(t, browser, `${router.url}/`);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const name of ["overview", "calls", "costs", "configuration"]) {
      await page.goto(`${router.url}/#/${name}`);
      await page.locator(`.page-${name}`).waitFor();
      if (name === "overview") await page.getByText(/Long/).first().waitFor();
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360, name);
    }
  });
});

/** A script that answers the words, and the fields by their edges, whose contrast with what is behind them is too low (WCAG 2.2, 1.4.3 and 1.4.11). */
function faintParts(): string {
  return `(() => {
    const parts = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = ([red, green, blue]) => [red, green, blue]
      .map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
      const color = parts(getComputedStyle(element).backgroundColor);
      return color[3] === 0 && element.parentElement !== null ? ground(element.parentElement) : color;
    };
    const opacity = (element) => element === null ? 1 : Number(getComputedStyle(element).opacity) * opacity(element.parentElement);
    const contrast = (one, other) => {
      const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    };
    const fields = [...document.querySelectorAll("input, select")]
      .filter((field) => contrast(parts(getComputedStyle(field).borderTopColor), ground(field.parentElement)) < 3)
      .map((field) => "edge of " + field.name);
    const words = [...document.querySelectorAll("body *")]
      .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""))
      .filter((element) => element.checkVisibility() && element.closest("option, noscript") === null)
      .filter((element) => {
        const [behind, shown] = [ground(element), parts(getComputedStyle(element).color)];
        const share = opacity(element) * (shown[3] ?? 1);
        const seen = shown.slice(0, 3).map((part, index) => part * share + behind[index] * (1 - share));
        return contrast(seen, behind) < 4.5;
      })
      .map((element) => element.className + ": " + element.textContent.slice(0, 40));
    return [...fields, ...words];
  })()`;
}
