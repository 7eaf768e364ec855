/** Probes providers as they are configured: the way to each, and each of their keys. */
import { readFileSync } from "node:fs";
import { createProvider } from "../../providers/create-provider.ts";
import type { ProviderSettings } from "../../providers/create-provider.ts";
import { findEntry } from "../../providers/catalog/catalog.ts";
import { createEndpoints } from "../../providers/endpoints.ts";
import { chooseProxy } from "../../providers/proxy-choice.ts";
import type { Variables } from "../../providers/variables.ts";
import type { Endpoint, ProviderConnectivity } from "./connectivity.ts";
import { probeCredentials } from "./probe-credentials.ts";
import { probeEndpoint } from "./probe-endpoint.ts";
import { messageOf } from "../../core/errors/message-of.ts";

export type ProviderCheck =
  | { readonly kind: "checked"; readonly connectivity: ProviderConnectivity }
  /** Its settings make no provider: `reason` is a sentence for people. */
  | { readonly kind: "unusable"; readonly provider: string; readonly reason: string };

export interface CheckProvidersQuestion {
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly variables: Variables;
  /** Of each step. */
  readonly limitMs: number;
  readonly nowMs: number;
  /** Told when a provider is done. */
  readonly onDone?: (provider: string) => void;
}

/** All at once: the slowest one decides how long it takes. */
export function checkProviders(question: CheckProvidersQuestion): Promise<readonly ProviderCheck[]> {
  return Promise.all(
    Object.entries(question.providers).map(async ([name, settings]) => {
      const check = await checkProvider(name, settings, question);
      question.onDone?.(name);
      return check;
    }),
  );
}

async function checkProvider(
  name: string,
  settings: ProviderSettings,
  { variables, limitMs, nowMs }: CheckProvidersQuestion,
): Promise<ProviderCheck> {
  try {
    const provider = createProvider(name, settings, variables);
    try {
      const endpoint = endpointOf(settings, variables);
      const [found, credentials] = await Promise.all([
        probeEndpoint(endpoint, limitMs),
        probeCredentials(provider, limitMs, nowMs),
      ]);
      const { origin, proxy } = endpoint;
      return { kind: "checked", connectivity: { provider: name, origin, proxy, endpoint: found, credentials } };
    } finally {
      await provider.close();
    }
  } catch (error) {
    return { kind: "unusable", provider: name, reason: messageOf(error) };
  }
}

function endpointOf(settings: ProviderSettings, variables: Variables): Endpoint {
  const entry = findEntry(settings.kind);
  if (entry === null) throw new Error(`kind "${settings.kind}" is unknown`);
  const { origin } = createEndpoints(entry, settings);
  return {
    origin,
    proxy: chooseProxy(origin, settings.proxy, variables),
    ca: settings.caFile === null ? null : readFileSync(settings.caFile, "utf8"),
  };
}
