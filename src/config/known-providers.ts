/**
 * The catalog's entries as far as configuration needs them: names to check `kind` against, variables to name,
 * hosts by which an imported address is recognised. A test compares the names and variables with the catalog.
 */

export interface KnownProvider {
  readonly kind: string;
  /** Environment variables that may hold its key, the usual one first; none for servers that need none. */
  readonly keyVariables: readonly string[];
  /** Hosts of its addresses. */
  readonly hosts: readonly string[];
}

export const knownProviders: readonly KnownProvider[] = [
  provider("anthropic", "ANTHROPIC_API_KEY", "api.anthropic.com"),
  provider("openai", "OPENAI_API_KEY", "api.openai.com", "eu.api.openai.com"),
  provider("groq", "GROQ_API_KEY", "api.groq.com"),
  provider("deepseek", "DEEPSEEK_API_KEY", "api.deepseek.com"),
  provider("gemini", "GEMINI_API_KEY", "generativelanguage.googleapis.com"),
  provider("openrouter", "OPENROUTER_API_KEY", "openrouter.ai"),
  provider("mistral", "MISTRAL_API_KEY", "api.mistral.ai"),
  provider("xai", "XAI_API_KEY", "api.x.ai"),
  provider("together", "TOGETHER_API_KEY", "api.together.xyz", "api.together.ai"),
  provider("fireworks", "FIREWORKS_API_KEY", "api.fireworks.ai"),
  provider("cerebras", "CEREBRAS_API_KEY", "api.cerebras.ai"),
  provider("moonshot", "MOONSHOT_API_KEY", "api.moonshot.ai", "api.moonshot.cn"),
  provider("zai", "ZAI_API_KEY", "api.z.ai", "open.bigmodel.cn"),
  provider("alibaba", "DASHSCOPE_API_KEY", "dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"),
  provider("nvidia", "NVIDIA_API_KEY", "integrate.api.nvidia.com"),
  provider("github-models", "GITHUB_TOKEN", "models.github.ai", "models.inference.ai.azure.com"),
  provider("ollama", null),
  provider("lmstudio", null),
  provider("vllm", null),
  provider("llama.cpp", null),
];

function provider(kind: string, keyVariables: string | null, ...hosts: readonly string[]): KnownProvider {
  return { kind, keyVariables: keyVariables?.split(" ") ?? [], hosts };
}
