/**
 * How families of models count a request, relative to OpenAI's o200k vocabulary.
 *
 * Fitted to the providers' own counts for recorded requests (docs/token-counting.md shows data and error).
 * Beyond those: https://platform.claude.com/docs/en/build-with-claude/token-counting says that Claude's tokenizer
 * since Opus 4.7 and Sonnet 5 makes about 30 percent more tokens of a text, and
 * https://platform.claude.com/docs/en/build-with-claude/vision how images count.
 */

export interface TokenFamily {
  readonly matches: RegExp;
  /** Tokens for each o200k token of text. */
  readonly perTextToken: number;
  /** Tokens for each o200k token of a tool's JSON. */
  readonly perToolToken: number;
  /** Tokens for each o200k token of an output schema's JSON. */
  readonly perSchemaToken: number;
  readonly perRequest: number;
  readonly perMessage: number;
  readonly perToolUse: number;
  readonly perToolResult: number;
  /** What the provider writes before the first tool, and before an output schema. */
  readonly toolPrompt: number;
  readonly schemaPrompt: number;
  /** Most that one image counts. */
  readonly maxImageTokens: number;
  /** Bytes of a request's JSON for each token: the fast path. */
  readonly bytesPerToken: number;
}

/** Claude up to Opus 4.6, Sonnet 4.6, Haiku 4.5. */
const claude: TokenFamily = {
  matches: /claude/,
  perTextToken: 1.07,
  perToolToken: 1.15,
  perSchemaToken: 2.28,
  perRequest: 3,
  perMessage: 4,
  perToolUse: 45,
  perToolResult: 20,
  toolPrompt: 512,
  schemaPrompt: 85,
  maxImageTokens: 1_600,
  bytesPerToken: 3.4,
};

const claudeSince47: TokenFamily = {
  ...claude,
  matches: /claude-(?:opus-4[-.][789]|(?:opus|sonnet|haiku|fable|mythos)-[5-9])(?!\d)/,
  perTextToken: 1.07 * 1.3,
  perToolToken: 1.15 * 1.3,
  perSchemaToken: 2.28 * 1.3,
  perToolUse: 36,
  perToolResult: 12,
  toolPrompt: 300,
  maxImageTokens: 4_784,
  bytesPerToken: 2.7,
};

const openAi: TokenFamily = {
  matches: /^(?:gpt|o\d|chatgpt|openai)/,
  perTextToken: 1,
  perToolToken: 1,
  perSchemaToken: 0.9,
  perRequest: 3,
  perMessage: 3,
  perToolUse: 8,
  perToolResult: 4,
  toolPrompt: 80,
  schemaPrompt: 0,
  maxImageTokens: 1_600,
  bytesPerToken: 3.8,
};

/** Everybody else: vocabularies of a similar size, little known of their prompts. */
const other: TokenFamily = { ...openAi, matches: /(?:)/, perTextToken: 1.06, perToolToken: 1.06, bytesPerToken: 3.6 };

/** The family of a model, by its name. */
export function familyOf(model: string): TokenFamily {
  const name = model.toLowerCase();
  return [claudeSince47, claude, openAi].find(({ matches }) => matches.test(name)) ?? other;
}
