/** A router before one simulated provider of the client's own dialect, and a body that only bytes keep. */
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

/** Starts both; the provider takes fields that it does not know. */
export async function startPassThroughRouter(
  t: CleansUp,
  settings: object = {},
): Promise<{ provider: SimulatedProvider; router: LocalRouter }> {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour: { isStrict: false } });
  t.after(() => provider.close());
  const router = await startLocalRouter(t, {
    providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "provider-key" } },
    aliases: { alias: "anthropic/claude-sonnet-4-5" },
    ...settings,
  });
  return { provider, router };
}

/** Fields that the router does not know, odd spacing, an escape, and numbers that a parse would change. */
export const oddBody =
  '{ "model" :"claude-sonnet-4-5",\n"x_unknown": 1.0, "big": 12345678901234567890,"messages":[{"role":"user","content":"\\u00e9\\/"}], "max_tokens":16}';
