/** Every secret that a configuration names or finds in the environment: what must never stand in a log. */
import type { Config } from "../../config/schema.ts";
import { decodeUriText } from "../../core/http/decode-uri-text.ts";
import { secretHeader } from "../../gateway/answer/hide-credentials.ts";
import { catalog } from "../../providers/catalog/catalog.ts";

/** Keys, passwords in addresses (as they stand and decoded), values of secret headers; none of them empty. */
export function secretsOf(config: Config, environment: NodeJS.ProcessEnv): readonly string[] {
  const providers = Object.values(config.providers);
  const addresses = [config.redis?.url, config.ledger.postgres, ...providers.map((provider) => provider.proxy)];
  return [
    ...providers.flatMap((provider) => provider.keys.map((key) => key.value)),
    ...catalog.flatMap((entry) => entry.keyVariables.map((name) => environment[name]?.trim() ?? "")),
    ...[...providers.map((provider) => provider.headers), config.monitoring.otlp?.headers ?? {}].flatMap(inHeaders),
    ...addresses.flatMap((address) => passwordIn(address ?? "")),
    config.redis?.sentinel?.password ?? "",
  ].filter((secret) => secret !== "");
}

function inHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    secretHeader.test(name) ? [value, value.replace(/^\S+ /, "")] : [],
  );
}

function passwordIn(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { password } = new URL(address);
  return password === "" ? [] : [password, decodeUriText(password)];
}
