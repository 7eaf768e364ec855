/** A router with keys, caps and one simulated provider whose every answer costs the same: for tests of money. */
import { hash } from "node:crypto";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

export const adaKey = "ccr-key-of-ada";
export const adminKey = "ccr-admin-key";

/** Two dollars for a million input tokens, ten for output: easy to check by hand. */
const prices = {
  overrides: [
    {
      model: "*",
      inputUsdPerMillion: 2,
      cacheReadUsdPerMillion: 0.2,
      cacheWrite5mUsdPerMillion: 2.5,
      cacheWrite1hUsdPerMillion: 4,
      outputUsdPerMillion: 10,
    },
  ],
};

export interface MoneyRouter {
  readonly provider: SimulatedProvider;
  readonly router: LocalRouter;
  /** One call as Claude Code makes it; `about` replaces fields of the body. */
  readonly call: (about?: object, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  /** Asks as an operator. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly askJson: <Answer>(path: string, init?: RequestInit) => Promise<Answer>;
}

/** The settings of such a router, without its port. */
export function moneySettings(provider: SimulatedProvider, settings: object = {}): object {
  return {
    providers: { sim: { kind: "anthropic", baseUrl: provider.baseUrl, apiKey: "secret" } },
    auth: {
      keys: [{ user: "ada", team: "compilers", hash: hash("sha256", adaKey, "hex") }],
      adminKeyHash: hash("sha256", adminKey, "hex"),
    },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    prices,
    ...settings,
  };
}

export async function startProvider(t: CleansUp, answerTokens = 100): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { answerTokens } });
  t.after(() => provider.close());
  return provider;
}

export async function startMoneyRouter(t: CleansUp, settings: object = {}): Promise<MoneyRouter> {
  const provider = await startProvider(t);
  const router = await startLocalRouter(t, moneySettings(provider, settings));
  return { provider, router, ...clientOf(router.url) };
}

/** The ways to ask the router at `url`. */
export function clientOf(url: string): Pick<MoneyRouter, "call" | "ask" | "askJson"> {
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + path, { ...init, headers: { "x-api-key": adminKey } });
  return {
    call: (about = {}, headers = {}) =>
      fetch(`${url}/v1/messages?beta=true`, {
        method: "POST",
        headers: { "x-api-key": adaKey, "anthropic-version": "2023-06-01", ...headers },
        body: JSON.stringify({
          model: "claude-sonnet-4-5",
          max_tokens: 100,
          messages: [{ role: "user", content: "How are you?" }],
          ...about,
        }),
      }),
    ask,
    askJson: async <Answer>(path: string, init?: RequestInit) => {
      const answer = await ask(path, init);
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Answer;
    },
  };
}

/**
 * Makes `count` calls to a provider that answers none until all others were refused, so that no money is free again
 * meanwhile; then it breaks off. `served`: those that reached it. They come in waves of `wave`: more at once than a machine
 * with other work gets through in the 50 ms that a call waits for a store would be refused for that.
 */
export async function callAtOnce(
  count: number,
  provider: SimulatedProvider,
  call: () => Promise<Response>,
  wave: number = count,
): Promise<{ readonly served: number; readonly refusals: readonly Response[] }> {
  provider.behave({ fault: { kind: "hang" } });
  const before = provider.counts().requests;
  const served = (): number => provider.counts().requests - before;
  const refusals: Response[] = [];
  let isOver = false;
  const callOnce = async (): Promise<void> => {
    const answer = await call();
    if (!isOver) refusals.push(answer);
    await answer.text();
  };
  const calls: Promise<void>[] = [];
  while (calls.length < count) {
    const next = Math.min(wave, count - calls.length);
    for (let index = 0; index < next; index++) calls.push(callOnce());
    const begun = calls.length;
    await waitUntil("each call is refused or at the provider", () => refusals.length + served() >= begun, 30_000);
  }
  isOver = true;
  await provider.stopListening();
  await Promise.all(calls);
  return { served: served(), refusals };
}
