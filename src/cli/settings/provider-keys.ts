/** The providers that need no configuration, and what to say where there are none. */
import { knownProviders } from "../../config/known-providers.ts";
import { configSchema } from "../../config/schema.ts";
import { findProviders } from "../app.ts";
import { CliError } from "../output/exit-codes.ts";

export interface ReadyProvider {
  readonly kind: string;
  /** The variable that holds its key; null for a server without one. */
  readonly keyVariable: string | null;
}

/** Those whose keys the environment holds, and an Ollama on this machine. */
export async function readyProviders(environment: NodeJS.ProcessEnv): Promise<readonly ReadyProvider[]> {
  const found = await findProviders(configSchema.parse({}), environment);
  return Object.keys(found).map((kind) => {
    const variables = knownProviders.find((provider) => provider.kind === kind)?.keyVariables ?? [];
    return { kind, keyVariable: variables.find((name) => (environment[name] ?? "").trim() !== "") ?? null };
  });
}

/** The variables that most will want to set, as a sentence lists them. */
export const usualKeyVariables =
  "ANTHROPIC_API_KEY, OPENAI_API_KEY, GROQ_API_KEY, DEEPSEEK_API_KEY, GEMINI_API_KEY, OPENROUTER_API_KEY or another provider's key";

/** For a start with no configured provider, no key and no Ollama. `path`: the file that names none, if there is one. */
export function noProviderError(path: string | null): CliError {
  const file = path === null ? "no ccr.yaml in this folder or in the state folder" : `${path} names none`;
  return new CliError(
    `no provider to send calls to: ${file}, no provider's key in the environment or in .env, no Ollama on this machine`,
    `set ${usualKeyVariables}, write a file with \`ccr init\`, or try \`ccr demo\`, which needs none`,
  );
}
