/** Which price list (price-lists/) holds for a provider of our catalog. */

/** How a provider's models are looked up. */
export type PriceList =
  /** In these lists, first match wins. */
  | { readonly kind: "lists"; readonly lists: readonly { readonly id: string; readonly prefix: string }[] }
  /** The provider has no list of its own: its model's maker has, found by the model's name. */
  | { readonly kind: "maker" }
  /** The operator's own machine: no money per token, stated. */
  | { readonly kind: "local" };

const local: PriceList = { kind: "local" };
const maker: PriceList = { kind: "maker" };

const priceLists: Readonly<Record<string, PriceList>> = {
  anthropic: lists("anthropic"),
  openai: lists("openai"),
  groq: lists("groq"),
  deepseek: lists("deepseek", ["openrouter", "deepseek/"]),
  gemini: lists("google"),
  openrouter: lists("openrouter"),
  mistral: lists("mistral", ["openrouter", "mistralai/"]),
  xai: lists("x-ai", ["openrouter", "x-ai/"]),
  together: lists("together"),
  fireworks: lists("fireworks"),
  cerebras: lists("cerebras"),
  moonshot: lists("moonshotai", ["openrouter", "moonshotai/"]),
  zai: lists("zai", "zhipuai", ["openrouter", "z-ai/"]),
  alibaba: lists(["openrouter", "qwen/"]),
  nvidia: maker,
  "github-models": maker,
  custom: maker,
  ollama: local,
  lmstudio: local,
  vllm: local,
  "llama.cpp": local,
};

/** Every list that some kind names. */
export const priceListIds: readonly string[] = [
  ...new Set(
    Object.values(priceLists).flatMap((list) => (list.kind === "lists" ? list.lists.map(({ id }) => id) : [])),
  ),
];

/** Whether `kind` is one that prices are known by. */
export function isPriceKind(kind: string): boolean {
  return Object.hasOwn(priceLists, kind);
}

/** The price list of a provider's kind; a kind that is not listed is looked up by the model's maker. */
export function priceListOf(kind: string): PriceList {
  return priceLists[kind] ?? maker;
}

/**
 * Names of lists; a pair names a list and what its names carry before the model. OpenRouter comes last: it passes
 * a maker's price on without a mark-up (https://openrouter.ai/docs/faq) and fills gaps of the makers' own lists.
 */
function lists(...names: (string | readonly [string, string])[]): PriceList {
  const toList = (name: string | readonly [string, string]): { id: string; prefix: string } =>
    typeof name === "string" ? { id: name, prefix: "" } : { id: name[0], prefix: name[1] };
  return { kind: "lists", lists: names.map(toList) };
}
