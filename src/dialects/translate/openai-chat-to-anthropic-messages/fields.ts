/**
 * Every field of a chat completion request and what becomes of it. The code works by this table, and
 * docs/translation/openai-to-anthropic.md is held against it.
 */

export type FieldRule =
  /** Goes on under its own name. */
  | { readonly kind: "kept" }
  /** Comes out in another form. */
  | { readonly kind: "mapped" }
  /** Left out, with a note; `unless`: values that mean nothing and are left out silently. */
  | { readonly kind: "dropped"; readonly unless?: readonly unknown[] }
  /** The call is refused, but for values that ask for nothing. */
  | { readonly kind: "refused"; readonly unless: readonly unknown[]; readonly reason: string };

const kept: FieldRule = { kind: "kept" };
const mapped: FieldRule = { kind: "mapped" };

export const requestFields: Readonly<Record<string, FieldRule>> = {
  messages: mapped,
  model: mapped,
  stream: kept,
  stream_options: mapped,
  max_tokens: mapped,
  max_completion_tokens: mapped,
  stop: mapped,
  temperature: mapped,
  top_p: mapped,
  top_k: mapped,
  tools: mapped,
  tool_choice: mapped,
  parallel_tool_calls: mapped,
  reasoning_effort: mapped,
  thinking: mapped,
  reasoning: mapped,
  response_format: mapped,
  user: mapped,
  safety_identifier: mapped,
  n: { kind: "refused", unless: [1], reason: "Only one choice can be asked for: leave `n` out or set it to 1." },
  functions: { kind: "refused", unless: [[]], reason: "`functions` is out of date: send `tools`." },
  function_call: {
    kind: "refused",
    unless: ["none", "auto"],
    reason: "`function_call` is out of date: send `tool_choice`.",
  },
  audio: { kind: "refused", unless: [], reason: "The target cannot answer in audio." },
  modalities: { kind: "refused", unless: [["text"]], reason: "The target answers in text only." },
  logprobs: { kind: "dropped", unless: [false] },
  top_logprobs: { kind: "dropped", unless: [0] },
  logit_bias: { kind: "dropped", unless: [{}] },
  presence_penalty: { kind: "dropped", unless: [0] },
  frequency_penalty: { kind: "dropped", unless: [0] },
  seed: { kind: "dropped" },
  prediction: { kind: "dropped" },
  store: { kind: "dropped", unless: [false] },
  metadata: { kind: "dropped", unless: [{}] },
  service_tier: { kind: "dropped", unless: ["auto", "default"] },
  verbosity: { kind: "dropped", unless: ["medium"] },
  prompt_cache_key: { kind: "dropped" },
  prompt_cache_retention: { kind: "dropped" },
  prompt_cache_options: { kind: "dropped" },
  moderation: { kind: "dropped" },
  web_search_options: { kind: "dropped" },
};
