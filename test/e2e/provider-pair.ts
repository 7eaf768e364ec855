/** A router before a pair of simulated providers, of which the second takes over from the first. */
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider, SimulatedProviderOptions } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

export const question = { max_tokens: 64, messages: [{ role: "user", content: "How are you?" }] } as const;

export async function simulate(t: CleansUp, kind: SimulatedProviderOptions["kind"]): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind });
  t.after(() => provider.close());
  return provider;
}

interface Pair {
  readonly first: SimulatedProvider;
  readonly second: SimulatedProvider;
  readonly router: LocalRouter;
}

/** A router whose plan for `m` is the first provider, then the second. */
export async function startPair(t: CleansUp, settings: object = {}): Promise<Pair> {
  const first = await simulate(t, "anthropic");
  const second = await simulate(t, "openai");
  const router = await startLocalRouter(t, {
    providers: {
      first: { kind: "anthropic", baseUrl: first.baseUrl, apiKey: "a" },
      second: { kind: "openai", baseUrl: second.baseUrl, apiKey: "b" },
    },
    aliases: { m: ["first/claude-sonnet-4-5", "second/gpt-4.1"] },
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...settings,
  });
  return { first, second, router };
}

export function post(router: LocalRouter, body: object, path = "/v1/messages"): Promise<Response> {
  return fetch(router.url + path, { method: "POST", body: JSON.stringify(body) });
}
