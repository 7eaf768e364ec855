/** Anthropic, whose dialect is Claude Code's own: requests and answers pass untouched. */
import { defineEntry } from "./entry.ts";
import type { CatalogEntry } from "./entry.ts";

export const anthropic: CatalogEntry = defineEntry({
  kind: "anthropic",
  title: "Anthropic",
  keyVariables: ["ANTHROPIC_API_KEY"],
  auth: "x-api-key",
  root: "https://api.anthropic.com",
  dialects: ["anthropic-messages"],
  paths: { "anthropic-messages": "" },
  hasCountTokens: true,
  modelList: "anthropic-messages",
  models: [
    { name: "claude-opus-5-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-sonnet-5-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-haiku-5-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-opus-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-sonnet-5", contextTokens: 1_000_000, maxOutputTokens: 128_000 },
    { name: "claude-haiku-4-5", contextTokens: 200_000, maxOutputTokens: 64_000 },
  ],
  defaultModels: { main: "claude-sonnet-5-5", small: "claude-haiku-5-5" },
  modelPatterns: ["claude-*"],
  traits: {
    hasFiles: true,
    hasThreads: true,
    hasCompaction: true,
    hasToolChanges: true,
    thinkingRequest: { kind: "budget" },
  },
  modelTraits: [
    { matches: /^claude-3-(opus|sonnet|haiku)/, traits: { maxOutputTokens: 4096 } },
    { matches: /^claude-3-5-/, traits: { maxOutputTokens: 8192 } },
    { matches: /^claude-(3-7-|[a-z]+-4(-5)?(-\d{8})?$)/, traits: { maxOutputTokens: 64_000 } },
    { matches: /^claude-opus-4(-[01])?(-\d{8})?$/, traits: { maxOutputTokens: 32_000 } },
    {
      matches: /^claude-(3|[a-z]+-4(-[0-7])?(-\d{8})?$)/,
      traits: { hasMidConversationSystem: false, hasToolChanges: false },
    },
    { matches: /^claude-(opus-(4-8|[5-9])|fable-|mythos-)/, traits: { hasFastMode: true } },
    { matches: /^claude-3(-5)?-(opus|sonnet|haiku)/, traits: { thinkingRequest: { kind: "none" } } },
    {
      matches: /^claude-[a-z]+-4-[6-8]/,
      traits: { thinkingRequest: { kind: "adaptive", efforts: ["low", "medium", "high", "max"] }, hasPrefill: false },
    },
    {
      matches: /^claude-[a-z]+-[5-9](-|$)/,
      traits: {
        thinkingRequest: { kind: "adaptive", efforts: ["low", "medium", "high", "xhigh", "max"] },
        hasPrefill: false,
        hasSamplingParameters: false,
      },
    },
  ],
  quirks: [
    {
      fact: "Older models refuse `max_tokens` beyond 64,000 (4.5, Sonnet 4, 3.7), 32,000 (Opus 4 and 4.1), 8,192 (3.5) and 4,096 (3).",
      source: "https://docs.anthropic.com/en/docs/about-claude/models/overview",
    },
    {
      fact: "Every request names the version of the dialect. From 2026-10-21 on sampling parameters, documents in the assistant's messages and citations in the user's are refused; what an OpenAI client asks goes out as 2023-06-01, which takes its `temperature`.",
      source: "https://platform.claude.com/docs/en/api/migration-2026-10-21",
    },
    {
      fact: "It can hold a conversation between turns (`thread`) and write a summary of one (`compaction`); no other server of the dialect is known to.",
      source: "https://platform.claude.com/docs/en/api/beta/messages/create",
    },
    {
      fact: "Models of the fifth generation refuse `temperature` and `top_p` other than the default.",
      source: "https://platform.claude.com/docs/en/models/sonnet-5/overview",
    },
    {
      fact: "From 4.6 on thinking is adaptive, steered by an effort; from the fifth generation on a budget is refused, and an answer cannot go on from the assistant's last message.",
      source: "https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking",
    },
    {
      fact: "Fast mode (`speed`) is Opus's from 4.8 on, Fable's and Mythos's; other models refuse the field.",
      source: "https://platform.claude.com/docs/en/build-with-claude/fast-mode",
    },
    {
      fact: "Messages of the role system between others are taken from 4.8 on; earlier models answer 400.",
      source: "https://github.com/anthropics/claude-code/issues/77698",
    },
  ],
});
