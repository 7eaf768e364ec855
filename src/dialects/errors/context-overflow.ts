/**
 * Recognises that a prompt does not fit a model's context, in the words of each provider, and says it in the
 * words that Claude Code knows: it recovers (compacts, asks for less output) by reading the message.
 */

/** What a provider said of the sizes; null where it did not say. */
export interface ContextOverflow {
  readonly promptTokens: number | null;
  readonly limitTokens: number | null;
  /** Output asked for, where the provider counts it in. */
  readonly outputTokens: number | null;
}

/**
 * One wording each. Groups: `prompt`, `limit`, `output`. A rate limit that speaks of too many tokens (a minute)
 * is none of these.
 */
const wordings: readonly RegExp[] = [
  // Anthropic.
  /prompt is too long: (?<prompt>\d+) tokens? > (?<limit>\d+)/i,
  /input length and `?max_tokens`? exceed context limit: (?<prompt>\d+) \+ (?<output>\d+) > (?<limit>\d+)/i,
  // vLLM since 2026.
  /maximum context length is (?<limit>\d+) tokens.*?requested (?<output>\d+) output tokens.*?prompt contains (?:at least )?(?<prompt>\d+)/is,
  // OpenAI, DeepSeek, OpenRouter, vLLM: with and without the share of the completion.
  /maximum context length is (?<limit>\d+) tokens.*?\((?<prompt>\d+) (?:in the messages|of text input|in your prompt)[^)]*?(?<output>\d+) (?:in|for) the (?:completion|output)/is,
  /maximum context length is (?<limit>\d+) tokens.*?(?:resulted in|requested|has|contains)(?: about| at least)? (?<prompt>\d+)/is,
  // Gemini.
  /input token count (?:\((?<prompt>\d+)\) )?exceeds the maximum number of tokens allowed \(?(?<limit>\d+)/i,
  // Mistral.
  /prompt contains (?<prompt>\d+) tokens.*?too large for model with (?<limit>\d+) maximum context length/is,
  // xAI.
  /maximum prompt length is (?<limit>\d+) but the request contains (?<prompt>\d+)/i,
  // Moonshot.
  /exceeded model token limit: (?<limit>\d+)(?: \(requested: (?<prompt>\d+)\))?/i,
  // Fireworks.
  /prompt is too long: (?<prompt>\d+), model maximum context length: (?<limit>\d+)/i,
  // SiliconFlow.
  /prompt_tokens \((?<prompt>\d+)\) must be less than max_seq_len \((?<limit>\d+)\)/i,
  // Cerebras.
  /current length is (?<prompt>\d+) while limit is (?<limit>\d+)/i,
  // Together.
  /must be <= (?<limit>\d+)\. Given: (?<prompt>\d+) `?inputs`? tokens and (?<output>\d+)/i,
  // Alibaba.
  /range of input length should be \[\d+, (?<limit>\d+)\]/i,
  // LM Studio.
  /loaded with context length of only (?<limit>\d+)/i,
  /maximum context length is (?<limit>\d+)/i,
  // Groq, Ollama, llama.cpp, Bedrock, Z.ai: without numbers.
  /reduce the length of the (?:messages|prompt|input)/i,
  /(?:exceeds?|exceeded|greater than|beyond) (?:the |this model's |model's )?(?:available |maximum |max )?(?:context (?:length|size|window)|prompt length)/i,
  /context (?:length|window|size) (?:was |is )?exceeded/i,
  /(?:prompt|input|request) is too long(?: for| to fit|:|\.|$)/i,
  /prompt exceeds max length|prompt ?超长/i,
];

const codes: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "context_window_exceeded",
  "model_context_window_exceeded",
  "exceed_context_size_error",
]);

/** What `message` and `code` of an error say of a context overflow; null where they speak of something else. */
export function readContextOverflow(message: string, code: string | null): ContextOverflow | null {
  for (const wording of wordings) {
    const groups = wording.exec(message)?.groups;
    if (groups !== undefined) return fromGroups(groups);
    if (wording.test(message)) return unknownSizes;
  }
  return code !== null && codes.has(code.toLowerCase()) ? unknownSizes : null;
}

/**
 * The overflow in the words by which Claude Code recovers. `message`: the provider's own, kept where sizes
 * are unknown.
 */
export function contextOverflowMessage(overflow: ContextOverflow, message: string): string {
  const { promptTokens, limitTokens, outputTokens } = overflow;
  if (promptTokens === null || limitTokens === null) {
    return message.toLowerCase().includes("prompt is too long") ? message : `prompt is too long: ${message}`;
  }
  if (outputTokens !== null && promptTokens <= limitTokens) {
    return `input length and \`max_tokens\` exceed context limit: ${promptTokens} + ${outputTokens} > ${limitTokens}, decrease input length or \`max_tokens\` and try again`;
  }
  return `prompt is too long: ${promptTokens} tokens > ${limitTokens} maximum`;
}

/** The same sizes in OpenAI's words: clients of its dialect recover by these. Anything else stays as it is. */
export function inOpenaisWords(message: string): string {
  const limit = "This model's maximum context length is";
  return message
    .replace(
      /prompt is too long: (\d+) tokens > (\d+) maximum/,
      `${limit} $2 tokens. However, your messages resulted in $1 tokens. Please reduce the length of the messages.`,
    )
    .replace(
      /input length and `max_tokens` exceed context limit: (\d+) \+ (\d+) > (\d+)/,
      `${limit} $3 tokens. However, you requested more ($1 in the messages, $2 in the completion)`,
    );
}

const unknownSizes: ContextOverflow = { promptTokens: null, limitTokens: null, outputTokens: null };

function fromGroups(groups: Readonly<Record<string, string | undefined>>): ContextOverflow {
  const size = (name: string): number | null => (groups[name] === undefined ? null : Number(groups[name]));
  return { promptTokens: size("prompt"), limitTokens: size("limit"), outputTokens: size("output") };
}
