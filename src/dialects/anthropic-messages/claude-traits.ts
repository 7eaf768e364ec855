/**
 * What each generation of Claude takes, by its name: for every provider that serves Claude in Anthropic's dialect.
 *
 * Sources: https://platform.claude.com/docs/en/about-claude/models/overview (output, context),
 * /build-with-claude/effort and /build-with-claude/thinking (efforts, adaptive or budget),
 * /build-with-claude/mid-conversation-system-messages (Opus 4.8 and later),
 * /build-with-claude/structured-outputs, /about-claude/models/whats-new-claude-4-7 (no sampling parameters).
 * Prefill ended with 4.6 (/about-claude/models/whats-new-claude-4-6).
 */
import type { TargetTraits } from "../target-traits.ts";

export interface ClaudeModelTraits {
  readonly matches: RegExp;
  readonly traits: Partial<Omit<TargetTraits, "target">>;
}

const currentEfforts = ["low", "medium", "high", "xhigh", "max"];

/** A later row goes over an earlier one. Names may carry a prefix (`anthropic/`, `us.anthropic.`) and a date. */
export const claudeModelTraits: readonly ClaudeModelTraits[] = [
  {
    // A Claude whose name says no more is taken for a current one that is asked for little.
    matches: /claude/,
    traits: {
      contextTokens: 1_000_000,
      maxOutputTokens: 128_000,
      thinkingRequest: { kind: "adaptive", efforts: currentEfforts },
      hasFiles: true,
      hasSamplingParameters: false,
      hasMidConversationSystem: false,
      hasPrefill: false,
    },
  },
  { matches: /claude-(?:opus|fable|mythos)-(?:[5-9]|4-[89])(?!\d)/, traits: { hasMidConversationSystem: true } },
  {
    matches: /claude-(?:opus|sonnet)-4-6/,
    traits: {
      thinkingRequest: { kind: "adaptive", efforts: ["low", "medium", "high", "max"] },
      hasSamplingParameters: true,
    },
  },
  {
    matches: /claude-(?:opus|sonnet|haiku)-4(?:-[015])?(?:-\d{8}|@|$|[:.])/,
    traits: {
      contextTokens: 200_000,
      maxOutputTokens: 64_000,
      thinkingRequest: { kind: "budget" },
      hasSamplingParameters: true,
      hasPrefill: true,
    },
  },
  {
    matches: /claude-(?:opus|sonnet)-4(?:-0)?(?:-\d{8}|@|$|[:.])/,
    traits: { hasStructuredOutput: false },
  },
  { matches: /claude-opus-4(?:-[01])?(?:-\d{8}|@|$|[:.])/, traits: { maxOutputTokens: 32_000 } },
  {
    matches: /claude-(?:instant|2|3)/,
    traits: {
      contextTokens: 200_000,
      maxOutputTokens: 4_096,
      thinkingRequest: { kind: "none" },
      hasSamplingParameters: true,
      hasPrefill: true,
      hasStructuredOutput: false,
    },
  },
  { matches: /claude-3-[57]/, traits: { maxOutputTokens: 8_192 } },
  { matches: /claude-3-7/, traits: { maxOutputTokens: 64_000, thinkingRequest: { kind: "budget" } } },
];

/** `traits` with what the model's name says laid over them. */
export function withClaudeTraits(traits: TargetTraits): TargetTraits {
  const rows = claudeModelTraits.filter(({ matches }) => matches.test(traits.target.model));
  return rows.reduce((merged, row) => ({ ...merged, ...row.traits }), traits);
}
