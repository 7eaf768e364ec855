/** Whether the providers' settings fit together. */
import { knownProviders } from "../known-providers.ts";
import { nearestName } from "../../core/text/near-names.ts";
import type { Config, ProviderConfig } from "../schema.ts";
import { errorAt, repetitions, warningAt } from "./finding.ts";
import type { CheckFinding } from "./finding.ts";

const kinds = [...knownProviders.map((provider) => provider.kind), "custom"];

export function checkProviders({ providers }: Config): readonly CheckFinding[] {
  return Object.entries(providers).flatMap(([name, provider]) => [
    ...checkKind(name, provider),
    ...checkAddress(name, provider),
    ...checkCredentials(name, provider),
    ...checkKeys(name, provider),
    ...checkTimeouts(name, provider),
  ]);
}

function checkKind(name: string, { kind, baseUrl, dialect }: ProviderConfig): readonly CheckFinding[] {
  const path = ["providers", name];
  if (kind === "custom") {
    const findings: CheckFinding[] = [];
    if (baseUrl === null) findings.push(errorAt([...path, "baseUrl"], "is needed for a custom provider"));
    if (dialect === null) findings.push(errorAt([...path, "dialect"], "is needed for a custom provider"));
    return findings;
  }
  if (kinds.includes(kind)) return [];
  const nearest = (): string | null => nearestName(kind, kinds);
  if (kind === name) {
    return [errorAt(path, "has a name that is no catalog entry; say which one by `kind`, or `kind: custom`", nearest)];
  }
  return [errorAt([...path, "kind"], `must be one of ${kinds.join(", ")}`, nearest)];
}

/** Requests go to the origin and the path; a key that stands elsewhere would silently not be sent. */
function checkAddress(name: string, { baseUrl }: ProviderConfig): readonly CheckFinding[] {
  if (baseUrl === null) return [];
  const path = ["providers", name, "baseUrl"];
  const { username, password, search } = new URL(baseUrl);
  return [
    ...(username === "" && password === ""
      ? []
      : [errorAt(path, "holds a user or password, which is not sent: write `headers: { authorization: … }` instead")]),
    ...(search === "" ? [] : [errorAt(path, "holds a query (`?…`), which is not sent: leave it out")]),
  ];
}

function checkCredentials(name: string, { credentials, keys }: ProviderConfig): readonly CheckFinding[] {
  const path = ["providers", name, "credentials"];
  if (credentials !== "configured" && keys.length > 0) {
    return [errorAt(path, `is ${credentials}, so the provider's own keys would never be sent; leave one of them out`)];
  }
  return repetitions(keys.map((key) => key.name)).map(({ value, index }) =>
    errorAt(["providers", name, "keys", index, "name"], `two keys are named ${value}`),
  );
}

/** References as other routers write them: `$NAME` (claude-code-router), `os.environ/NAME` (LiteLLM). */
const foreignReference = /^(\$[A-Za-z_]\w*|os\.environ\/\w+)$/;

function checkKeys(name: string, { keys }: ProviderConfig): readonly CheckFinding[] {
  return keys
    .filter(({ value }) => foreignReference.test(value))
    .map((key) =>
      warningAt(["providers", name], `${key.name} is sent as it stands; a variable is written \`\${NAME}\` here`),
    );
}

function checkTimeouts(name: string, { timeouts }: ProviderConfig): readonly CheckFinding[] {
  const { totalMs, ...phases } = timeouts;
  return Object.entries(phases)
    .filter(([, ms]) => ms > totalMs)
    .map(([phase]) =>
      warningAt(["providers", name, "timeouts", phase], "is longer than `totalMs`, which ends it first"),
    );
}
