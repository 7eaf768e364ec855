/** Signing in by the device flow: what a client is told, and the page in a real browser, where chromium is installed. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { chromium } from "playwright-core";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

const key = "ccr_key_of_ana";
const keys = [
  { hash: createHash("sha256").update(key).digest("hex"), user: "ana" },
  { hash: createHash("sha256").update("ccr_old").digest("hex"), user: "ben", expires: "2020-01-01T00:00:00Z" },
];
const providers = { anthropic: { apiKey: "sk", baseUrl: "http://127.0.0.1:9" } };
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

type Answer = Readonly<Record<string, string | number>>;

function start(t: CleansUp): Promise<LocalRouter> {
  return startLocalRouter(t, { providers, auth: { keys } });
}

async function post(
  router: LocalRouter,
  path: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly text: string; readonly json: () => Answer }> {
  const answer = await fetch(`${router.url}${path}`, { method: "POST", body: new URLSearchParams(form), headers });
  const text = await answer.text();
  return { status: answer.status, text, json: () => JSON.parse(text) as Answer };
}

const ask = async (router: LocalRouter, deviceCode: unknown): Promise<Answer> =>
  (await post(router, "/oauth/token", { grant_type: deviceGrant, device_code: String(deviceCode) })).json();

test("a client finds the endpoints at the address that it was given, also behind a proxy that ends TLS", async (t) => {
  const router = await start(t);
  const read = async (headers: Record<string, string>): Promise<Answer> =>
    (await fetch(`${router.url}/.well-known/oauth-authorization-server`, { headers })).json() as Promise<Answer>;
  assert.equal((await read({}))["token_endpoint"], `${router.url}/oauth/token`);
  const proxied = await read({ "x-forwarded-proto": "https" });
  assert.equal(proxied["device_authorization_endpoint"], `https://127.0.0.1:${router.port}/oauth/device_authorization`);
});

test("without keys nobody is asked to sign in", async (t) => {
  const router = await startLocalRouter(t, { providers });
  assert.equal((await fetch(`${router.url}/.well-known/oauth-authorization-server`)).status, 404);
  assert.equal((await post(router, "/oauth/device_authorization", {})).status, 404);
});

test("a token is the key that was pasted, is accepted for calls, and is renewed while the key holds", async (t) => {
  const router = await start(t);
  const begun = (await post(router, "/oauth/device_authorization", {})).json();
  assert.equal((await ask(router, begun["device_code"]))["error"], "authorization_pending");
  assert.equal((await ask(router, begun["device_code"]))["error"], "slow_down");
  const decision = { user_code: String(begun["user_code"]), decision: "allow" };
  for (const wrong of ["", "ccr_unknown", "ccr_old"]) {
    const { status, text } = await post(router, "/device", { ...decision, key: wrong });
    assert.equal(status, 400);
    assert.match(text, /This is no key of this router/);
  }
  assert.equal((await post(router, "/device", { ...decision, key })).status, 200);
  const token = await ask(router, begun["device_code"]);
  assert.equal(token["access_token"], key);
  const models = await fetch(`${router.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal(models.status, 200);
  const renew = (refresh: string): ReturnType<typeof post> =>
    post(router, "/oauth/token", { grant_type: "refresh_token", refresh_token: refresh });
  assert.equal((await renew(String(token["refresh_token"]))).json()["access_token"], key);
  assert.equal((await renew("ccr_old")).json()["error"], "invalid_grant");
});

test("another site's page signs nobody in and begins nothing", async (t) => {
  const router = await start(t);
  const begun = (await post(router, "/oauth/device_authorization", {})).json();
  const form = { user_code: String(begun["user_code"]), key, decision: "allow" };
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ]) {
    for (const path of ["/device", "/oauth/device_authorization"])
      assert.equal((await post(router, path, form, headers as Record<string, string>)).status, 403, path);
  }
  assert.equal((await ask(router, begun["device_code"]))["error"], "authorization_pending");
});

test("while the database is away the page says so to the person, and keeps the code", async (t) => {
  const ledger = { postgres: "postgres://127.0.0.1:9/none" };
  const router = await startLocalRouter(t, { providers, auth: { keys }, ledger });
  const page = await fetch(`${router.url}/device?user_code=BCDF-GHJK`);
  const sent = await post(router, "/device", { user_code: "BCDF-GHJK", key, decision: "allow" });
  for (const [status, text] of [[page.status, await page.text()] as const, [sent.status, sent.text] as const]) {
    assert.equal(status, 503);
    assert.match(text, /<p class="problem" role="alert">The router cannot reach its database/);
    assert.match(text, /value="BCDF-GHJK"/);
  }
});

test("what a code holds becomes text in the page, never markup", async (t) => {
  const router = await start(t);
  const page = await fetch(`${router.url}/device?user_code=${encodeURIComponent('"><script>alert(1)</script>')}`);
  assert.doesNotMatch(await page.text(), /<script/);
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
});

test("managed settings go to callers only, and only when they have changed", async (t) => {
  const managedSettings = { env: { A: "1" }, companyAnnouncements: ["Hello"] };
  const router = await startLocalRouter(t, { providers, auth: { keys }, claudeCode: { managedSettings } });
  const read = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${router.url}/managed/settings`, { headers });
  assert.equal((await read({})).status, 401);
  const authorization = `Bearer ${key}`;
  const first = await read({ authorization });
  const body = (await first.json()) as Readonly<Record<string, unknown>>;
  assert.deepEqual(body["settings"], managedSettings);
  assert.equal(first.headers.get("etag"), JSON.stringify(body["checksum"]));
  const again = await read({ authorization, "if-none-match": first.headers.get("etag") ?? "" });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
  const none = await startLocalRouter(t, { providers, auth: { keys } });
  assert.equal((await fetch(`${none.url}/managed/settings`, { headers: { authorization } })).status, 404);
});

const executablePath = "/usr/bin/chromium";
const skip = existsSync(executablePath) ? false : "chromium is not installed";

describe("the sign-in page in a browser", { skip }, () => {
  for (const [button, message, outcome] of [
    ["Sign in", "Signed in. Go back to the terminal.", undefined],
    ["It was not me", "Refused. Nobody was signed in.", "access_denied"],
  ] as const) {
    test(`“${button}” ends the client's wait`, async (t) => {
      const router = await start(t);
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
      t.after(() => browser.close());
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
      const begun = (await post(router, "/oauth/device_authorization", {})).json();
      await page.goto(String(begun["verification_uri_complete"]));
      assert.equal(await page.getByLabel("Code in the terminal").inputValue(), begun["user_code"]);
      await page.getByLabel("Your key of this router").fill(key);
      await page.getByRole("button", { name: button }).click();
      await page.getByText(message).waitFor();
      const answer = await ask(router, begun["device_code"]);
      assert.equal(answer["error"], outcome);
      assert.deepEqual(errors, []);
    });
  }
});
