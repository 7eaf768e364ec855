/** The console in a real browser: what is long, a name or a sum, is pushed out of nobody's sight. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { waitUntil } from "../kit/wait-until.ts";
import { call, launchBrowser, openPage, skip, start } from "./console-browser.ts";

const telephone = { viewport: { width: 360, height: 740 } };

describe("the console's shape", { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  test("a call's account stays in sight where the names of its model and user have nowhere to break", async (t) => {
    const [key, adminKey] = ["key-of-somebody", "admin-key"];
    const auth = {
      adminKeyHash: hash("sha256", adminKey, "hex"),
      keys: [{ hash: hash("sha256", key, "hex"), user: "u".repeat(120) }],
    };
    const { router } = await start(t, { auth });
    await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": key, "x-claude-code-session-id": "s".repeat(120) },
      body: JSON.stringify({
        model: `anthropic/claude_${"m".repeat(150)}`,
        max_tokens: 16,
        messages: [{ role: "user", content: "hi" }],
      }),
    });
    for (const options of [{}, telephone]) {
      const { page } = await openPage(t, browser, `${router.url}/#/calls`, options);
      await page.getByLabel("Key").fill(adminKey);
      await page.keyboard.press("Enter");
      await page.locator("table.calls tbody tr .model").click();
      await page.getByText("Tokens and cost").waitFor();
      const [inside, whole] = await page.evaluate<[number, number]>(
        "[document.querySelector('dialog').clientWidth, document.querySelector('dialog').scrollWidth]",
      );
      assert.equal(whole, inside);
    }
  });

  test("a telephone shows sums of six digits whole", async (t) => {
    const { router, provider } = await start(t, {
      prices: { overrides: [{ model: "*", inputUsdPerMillion: 1, outputUsdPerMillion: 1_000_000 }] },
    });
    provider.behave({ answerTokens: 60_000 });
    for (let calls = 0; calls < 2; calls++) await call(router, "claude-sonnet-4-5", { max_tokens: 64_000 });
    await waitUntil("the cost is in the ledger", async () => {
      const answer = await fetch(`${router.url}/api/costs/summary`);
      const { total } = (await answer.json()) as { readonly total: { readonly costUsd: number } };
      return total.costUsd >= 100_000 && total.costUsd < 1_000_000;
    });
    const { page } = await openPage(t, browser, `${router.url}/#/costs`, telephone);
    await page.getByText("Over time").waitFor();
    const cut = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.figure')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)",
    );
    assert.deepEqual(cut, []);
  });

  test("tables fit a screen of any width, each heading over its own column, and users of calls have room for an address", async (t) => {
    const { router } = await start(t);
    await call(router, `anthropic/claude-${"long-".repeat(20)}`);
    const { page } = await openPage(t, browser, `${router.url}/#/costs?by=model`);
    for (const place of ["costs", "calls"]) {
      if (place === "calls") await page.getByRole("link", { name: "Calls" }).click();
      await page.locator(`table.${place} tbody tr`).waitFor();
      for (const width of [761, 900, 901, 1100, 1101, 1440]) {
        await page.setViewportSize({ width, height: 740 });
        const parts = width > 900 ? "html, thead th" : "html"; // narrower ones have no headings
        const wide = await page.evaluate<string[]>(
          `[...document.querySelectorAll('${parts}')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)`,
        );
        assert.deepEqual(wide, [], `${place} at ${width}`);
      }
    }
    const user = await page.locator("table.calls tbody .user").boundingBox();
    assert.ok(user!.width >= 160, "an address of e-mail has room");
  });

  test("the question for the key fits the smallest telephone", async (t) => {
    const { router } = await start(t, { auth: { adminKeyHash: hash("sha256", "admin-key", "hex") } });
    const { page } = await openPage(t, browser, `${router.url}/`, { viewport: { width: 320, height: 640 } });
    const button = (await page.getByRole("button", { name: "Open the console" }).boundingBox())!;
    const gate = (await page.locator(".gate").boundingBox())!;
    assert.ok(Math.abs(button.x - gate.x - (gate.x + gate.width - button.x - button.width)) < 1, "centred");
  });
});
