/**
 * The catalog's entries as far as configuration needs them: names to check `kind` against, variables to tell users,
 * hosts by which an imported address is recognised. A test holds it against the catalog.
 */

export interface KnownProvider {
  readonly kind: string;
  /** Environment variables that may hold its key, the usual one first; none for servers of one's own. */
  readonly keyVariables: readonly string[];
  /** Hosts of its addresses, to the region that each stands for; null for the usual one. */
  readonly hosts: Readonly<Record<string, string | null>>;
}

export const knownProviders: readonly KnownProvider[] = [
  provider("anthropic", ["ANTHROPIC_API_KEY"], { "api.anthropic.com": null }),
  provider("openai", ["OPENAI_API_KEY"], {
    "api.openai.com": null,
    "eu.api.openai.com": "eu",
    "us.api.openai.com": "us",
  }),
  provider("deepseek", ["DEEPSEEK_API_KEY"], { "api.deepseek.com": null }),
  provider("gemini", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], { "generativelanguage.googleapis.com": null }),
  provider("moonshot", ["MOONSHOT_API_KEY", "KIMI_API_KEY"], { "api.moonshot.ai": null, "api.moonshot.cn": "cn" }),
  provider("zai", ["ZAI_API_KEY", "GLM_API_KEY", "ZHIPUAI_API_KEY"], { "api.z.ai": null, "open.bigmodel.cn": "cn" }),
  provider("alibaba", ["DASHSCOPE_API_KEY"], {
    "dashscope-intl.aliyuncs.com": null,
    "dashscope-us.aliyuncs.com": "us",
    "cn-hongkong.dashscope.aliyuncs.com": "hk",
    "dashscope.aliyuncs.com": "cn",
  }),
  provider("xai", ["XAI_API_KEY"], { "api.x.ai": null, "us.api.x.ai": "us" }),
  provider("mistral", ["MISTRAL_API_KEY"], { "api.mistral.ai": null }),
  provider("groq", ["GROQ_API_KEY"], { "api.groq.com": null }),
  provider("cerebras", ["CEREBRAS_API_KEY"], { "api.cerebras.ai": null }),
  provider("fireworks", ["FIREWORKS_API_KEY"], { "api.fireworks.ai": null, "us.api.fireworks.ai": "us" }),
  provider("together", ["TOGETHER_API_KEY"], { "api.together.ai": null, "api.together.xyz": null }),
  provider("nvidia", ["NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"], { "integrate.api.nvidia.com": null }),
  provider("openrouter", ["OPENROUTER_API_KEY"], { "openrouter.ai": null }),
  provider("github-models", ["GITHUB_TOKEN"], { "models.github.ai": null }),
  provider("ollama", [], { "ollama.com": "cloud" }),
  provider("lmstudio", [], {}),
  provider("vllm", [], {}),
  provider("llama.cpp", [], {}),
];

function provider(kind: string, keyVariables: readonly string[], hosts: KnownProvider["hosts"]): KnownProvider {
  return { kind, keyVariables, hosts };
}
