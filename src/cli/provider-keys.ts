/** Whether anything could serve calls where no file names a provider. */
import { knownProviders } from "../config/known-providers.ts";
import { CliError } from "./exit-codes.ts";

const defaultOllama = "http://127.0.0.1:11434";
const probeTimeoutMs = 500;

/** The known providers whose keys the environment holds. */
export function providersOf(
  environment: NodeJS.ProcessEnv,
): readonly { readonly kind: string; readonly keyVariable: string }[] {
  return knownProviders.flatMap(({ kind, keyVariables }) => {
    // A GitHub token is on many machines for other reasons: it alone does not ask for GitHub's models.
    const keyVariable = keyVariables.find((name) => name !== "GITHUB_TOKEN" && isSet(environment[name]));
    return keyVariable === undefined ? [] : [{ kind, keyVariable }];
  });
}

/** Whether an Ollama server answers on this machine, or where OLLAMA_HOST says. */
export async function hasOllama({ OLLAMA_HOST }: NodeJS.ProcessEnv): Promise<boolean> {
  const base = OLLAMA_HOST === undefined || OLLAMA_HOST === "" ? defaultOllama : withScheme(OLLAMA_HOST);
  try {
    const answer = await fetch(new URL("/api/version", base), { signal: AbortSignal.timeout(probeTimeoutMs) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** For `ccr start` with no file, no keys and no Ollama. */
export function noProviderError(looked: readonly string[]): CliError {
  const variables = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY", "DEEPSEEK_API_KEY", "GEMINI_API_KEY"];
  return new CliError(
    `no provider to send calls to: no configuration file (looked for ${looked.join(", ")}), no provider's key in the environment or .env, no Ollama on this machine`,
    `set ${variables.join(", ")}, OPENROUTER_API_KEY or another provider's key (docs/config.md lists them), write a file with \`ccr init\`, or try \`ccr demo\`, which needs none`,
  );
}

function withScheme(host: string): string {
  return /^https?:\/\//.test(host) ? host : `http://${host}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
