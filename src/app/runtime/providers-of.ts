/** The providers to serve calls by: the configuration's, else those whose keys the environment holds, and an Ollama. */
import type { Config, ProviderConfig } from "../../config/schema.ts";
import { providersSchema } from "../../config/schema/providers.ts";
import { createProvider } from "../../providers/create-provider.ts";
import { discoverFromVariables, probeOllama } from "../../providers/discover.ts";
import { messageOf } from "../../core/errors/message-of.ts";

/** By name, in the order in which defaults are looked for. */
export async function providersOf(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, ProviderConfig>>> {
  if (Object.keys(config.providers).length > 0) return config.providers;
  const ollama = await probeOllama();
  const found = [...discoverFromVariables(environment), ...(ollama === null ? [] : [ollama])];
  return providersSchema.parse(
    Object.fromEntries(found.map(({ kind, models }) => [kind, models.length === 0 ? {} : { models: [...models] }])),
  );
}

/** Why these providers cannot be made: a sentence each, beginning with the setting's path. */
export async function unusableOf(
  providers: Readonly<Record<string, ProviderConfig>>,
  environment: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const reasons: string[] = [];
  for (const [name, settings] of Object.entries(providers)) {
    try {
      await createProvider(name, settings, environment).close();
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  return reasons;
}
