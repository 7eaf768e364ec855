/** All simulated providers at once, and the router's configuration that points at them. */
import type { BehaviourChange } from "./behaviour.ts";
import { createSimulatedProvider, simulatedProviderKinds } from "./create-simulated-provider.ts";
import type { SimulatedProvider } from "./create-simulated-provider.ts";
import type { Dialect } from "../core/dialect.ts";
import type { SimulatedProviderKind } from "./profile.ts";

export interface RunSimulatedProvidersOptions {
  /** What they all start with. */
  readonly behaviour?: BehaviourChange;
  /** Ports by kind; any free one for those left out. */
  readonly ports?: Readonly<Partial<Record<SimulatedProviderKind, number>>>;
  readonly seed?: number;
  /** How many requests each remembers. */
  readonly keepRequests?: number;
}

/** One entry of the configuration's `providers`. A type, not an interface: it must pass as JSON. */
export type SimulatedProviderSettings = {
  readonly kind: SimulatedProviderKind;
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Fixed: the simulated DeepSeek speaks only its OpenAI dialect. */
  readonly dialect: Dialect;
};

export interface SimulatedProviders {
  readonly anthropic: SimulatedProvider;
  readonly openai: SimulatedProvider;
  readonly groq: SimulatedProvider;
  readonly deepseek: SimulatedProvider;
  readonly baseUrls: Readonly<Record<SimulatedProviderKind, string>>;
  /** A configuration of the router; add to it what else it needs. */
  readonly configuration: { readonly providers: Readonly<Record<SimulatedProviderKind, SimulatedProviderSettings>> };
  close(): Promise<void>;
}

/** Keys that they accept; any other is refused with 401. */
const apiKeys: Readonly<Record<SimulatedProviderKind, string>> = {
  anthropic: "sk-ant-simulated",
  openai: "sk-simulated-openai",
  groq: "gsk_simulated",
  deepseek: "sk-simulated-deepseek",
};

/** Starts all four. Rejects, and leaves none running, if one of them cannot listen. */
export async function runSimulatedProviders(options: RunSimulatedProvidersOptions = {}): Promise<SimulatedProviders> {
  const { behaviour = {}, ports = {}, seed = 1, keepRequests = 200 } = options;
  const started = await Promise.allSettled(
    simulatedProviderKinds.map((kind) =>
      createSimulatedProvider({
        kind,
        seed,
        keepRequests,
        port: ports[kind] ?? 0,
        behaviour: { requiredKey: apiKeys[kind], ...behaviour },
      }),
    ),
  );
  const running = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(running.map((provider) => provider.close()));
  };
  const failed = started.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  const byKind = Object.fromEntries(running.map((provider) => [provider.kind, provider])) as Record<
    SimulatedProviderKind,
    SimulatedProvider
  >;
  return {
    ...byKind,
    baseUrls: mapKinds((kind) => byKind[kind].baseUrl),
    configuration: {
      providers: mapKinds((kind) => ({
        kind,
        baseUrl: byKind[kind].baseUrl,
        apiKey: apiKeys[kind],
        dialect: kind === "anthropic" ? "anthropic-messages" : "openai-chat",
      })),
    },
    close,
  };
}

function mapKinds<Value>(map: (kind: SimulatedProviderKind) => Value): Record<SimulatedProviderKind, Value> {
  return { anthropic: map("anthropic"), openai: map("openai"), groq: map("groq"), deepseek: map("deepseek") };
}
