import type { ProviderSettings } from "./create-provider.ts";
export async function discoverProviders(_environment: NodeJS.ProcessEnv): Promise<Record<string, ProviderSettings>> {
  return {};
}
