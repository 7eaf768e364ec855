/** The console in a real browser, where chromium is installed: what others can do by way of it, and cannot. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { call, launchBrowser, openPage, serve, skip, start } from "./console-browser.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("the console, attacked in a browser", { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  test("asks for the key, keeps it out of every address, and forgets it on demand", async (t) => {
    const auth = { adminKeyHash: sha256("the-admin-key"), keys: [{ hash: sha256("key-of-ana"), user: "ana" }] };
    const { router } = await start(t, { auth });
    const { page, errors, requests } = await openPage(t, browser, `${router.url}/`);
    // The second holds what comes along when a key is copied out of a chat, and no header can carry.
    for (const wrong of ["a-wrong-key", "the-admin-key\u200b"]) {
      await page.getByLabel("Key").fill(wrong);
      await page.keyboard.press("Enter");
      await page.getByText("That key was not accepted.").waitFor();
      await page.reload();
      await page.getByText("to operators only").waitFor();
    }
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

  test("a link to one call leads there through the question for the key, also when the key is asked for anew", async (t) => {
    const { router } = await start(t, {
      auth: { adminKeyHash: sha256("the-admin-key"), keys: [{ hash: sha256("ana"), user: "ana" }] },
    });
    const refused = await fetch(`${router.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "ana" },
      body: "{}",
    });
    const link = `#/calls/${refused.headers.get("x-ccr-request-id")}`;
    const { page } = await openPage(t, browser, `${router.url}/${link}`);
    const signIn = async (): Promise<void> => {
      await page.getByLabel("Key").fill("the-admin-key");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").getByText("The call").waitFor();
      assert.ok(page.url().endsWith(link));
    };
    await signIn();
    await page.evaluate("sessionStorage.clear()");
    await page.clock.runFor(5_000);
    await signIn();
  });

  test("shows markup in names as the text that it is", async (t) => {
    const { router } = await start(t);
    const evil = `<img src=x onerror="document.title='taken over'">`;
    await call(router, evil);
    const { page, errors } = await openPage(t, browser, `${router.url}/#/calls`);
    await page.getByText(evil).first().waitFor();
    await page.locator("table.calls tbody tr .model").first().click();
    await page.getByRole("dialog").getByRole("heading", { name: evil }).waitFor();
    for (const address of ["#/costs?by=model", "#/overview", `#/calls?user=${encodeURIComponent(evil)}`])
      await page.goto(`${router.url}/${address}`);
    await page.getByText("No call fits these filters.").waitFor();
    assert.equal(await page.title(), "Calls · Claude Code Router");
    assert.equal(await page.locator("img").count(), 1);
    assert.deepEqual(errors, []);
  });

  test("shows signs that turn names around or hide in them as what they are", async (t) => {
    const { router } = await start(t);
    await call(router, "anthropic/claude-\u202eevil\u202c\u200b");
    const { page } = await openPage(t, browser, `${router.url}/#/calls`);
    await page.getByText("anthropic/claude-\\u202eevil\\u202c\\u200b", { exact: true }).waitFor();
    await page.getByTitle("\\u202eevil").waitFor();
  });

  test("another local site can change nothing and make no calls: no form, no script, no frame", async (t) => {
    const { router, provider } = await start(t, { retries: { attemptsPerTarget: 1 } });
    provider.behave({ fault: { kind: "status", status: 500 }, faultRatio: 1 });
    for (let count = 0; count < 6; count++) await call(router, "claude-sonnet-4-5");
    const target = `${router.url}/debug/circuit-breakers/anthropic%2Fclaude-sonnet-4-5/reset`;
    // Same host, other port: to the browser the same site, so that only the header stands between.
    const site = await serve(
      t,
      `<iframe name=here></iframe><iframe id=framed src="${router.url}/"></iframe><form method=post action="${target}" target=here></form>`,
    );
    const { page } = await openPage(t, browser, site);
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
    // Nor can it have calls made, whose cost is real though it cannot read them, nor any page of a provider shown as the router's.
    const called = page.waitForResponse(`${router.url}/v1/messages`);
    await page.evaluate(`{
      const form = document.querySelector("form");
      form.action = "${router.url}/v1/messages";
      form.enctype = "text/plain";
      form.innerHTML = \`<input name='{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],"x":"' value='"}'>\`;
      form.submit();
    }`);
    assert.equal((await called).status(), 403);
    const asked = page.waitForResponse(`${router.url}/api/costs/report`);
    await page.evaluate(
      (address) => fetch(address, { mode: "no-cors" }).then(() => 0),
      `${router.url}/api/costs/report`,
    );
    assert.equal((await asked).status(), 403);
    const framed = page.frames().find((frame) => frame.parentFrame() !== null && frame.name() !== "here");
    assert.equal(await framed!.locator("header").count(), 0);
  });
});
