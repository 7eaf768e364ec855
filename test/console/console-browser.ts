/** What the console's browser tests share: a browser, a router to look at, somebody else's site. */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

const executablePath = "/usr/bin/chromium";

/** Why these tests cannot run here; false where they can. */
export const skip: string | false = existsSync(executablePath) ? false : "chromium is not installed";

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args });
}

export interface Opened {
  readonly page: Page;
  /** Errors in the browser's console, and scripts that failed. */
  readonly errors: readonly string[];
  /** Addresses asked for. */
  readonly requests: readonly string[];
}

/** A page of its own at `url`, its clock in the test's hand. */
export async function openPage(
  t: CleansUp,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
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

export interface Started {
  readonly router: LocalRouter;
  readonly provider: SimulatedProvider;
  readonly settings: object;
}

export async function start(t: CleansUp, more: object = {}): Promise<Started> {
  const provider = await createSimulatedProvider({ kind: "anthropic" });
  t.after(() => provider.close());
  const settings = { providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } }, ...more };
  return { router: await startLocalRouter(t, settings), provider, settings };
}

export async function call(router: LocalRouter, model: string, more: object = {}): Promise<void> {
  const answer = await fetch(`${router.url}/v1/messages`, {
    method: "POST",
    body: JSON.stringify({ model, max_tokens: 16, messages: [{ role: "user", content: "hi" }], ...more }),
  });
  await answer.text();
}

/** A web site of somebody else's, at its address. */
export async function serve(t: CleansUp, html: string): Promise<string> {
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
