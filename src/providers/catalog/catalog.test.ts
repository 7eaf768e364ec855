import { strict as assert } from "node:assert";
import { describe, test } from "node:test";
import { defaultTraits } from "../../dialects/target-traits.ts";
import type { TargetTraits } from "../../dialects/target-traits.ts";
import { catalog, findEntry } from "./catalog.ts";
import { traitsFor } from "./traits-for.ts";

const asked = [
  "anthropic openai groq deepseek gemini openrouter mistral xai together fireworks cerebras moonshot zai alibaba",
  "nvidia github-models ollama lmstudio vllm llama.cpp custom",
].flatMap((line) => line.split(" "));

test("the catalog holds each provider once", () => {
  assert.deepEqual(catalog.map(({ kind }) => kind).sort(), asked.sort(), "a new provider joins the list of this test");
});

for (const entry of catalog) {
  describe(entry.title, () => {
    test("has addresses for its dialects", () => {
      assert.ok(entry.dialects.length > 0);
      for (const dialect of entry.dialects) assert.match(entry.paths[dialect] ?? "missing", /^(\/.*[^/])?$/);
      for (const root of [entry.root, ...Object.values(entry.regions)]) {
        if (root === null) continue;
        assert.match(root, /^https:\/\/[^/]|^http:\/\/127\.0\.0\.1:/);
        assert.equal(root.endsWith("/"), false);
      }
      if (entry.modelList !== null) assert.ok(entry.dialects.includes(entry.modelList));
    });

    test("has default models that it lists", () => {
      const names = entry.models.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      assert.equal(entry.defaultModels === null, names.length === 0);
      if (entry.defaultModels === null) return;
      assert.ok(names.includes(entry.defaultModels.main));
      assert.ok(names.includes(entry.defaultModels.small));
    });

    test("names the source of each quirk, and explains what is unusual", () => {
      for (const { source } of entry.quirks) assert.match(source, /^https:\/\//);
      const isUnusual = Object.keys(entry.traits).length + entry.modelTraits.length > 0;
      if (isUnusual) assert.ok(entry.quirks.length > 0);
    });

    test("changes no trait to what it is anyway", () => {
      const usual = defaultTraits({ provider: "p", model: "m" });
      for (const [name, value] of Object.entries(entry.traits)) {
        assert.notDeepEqual(value, usual[name as keyof TargetTraits], name);
      }
    });
  });
}

describe("traits", () => {
  const of = (kind: string, model: string): TargetTraits => {
    const entry = findEntry(kind);
    assert.ok(entry !== null);
    return traitsFor(entry, { provider: kind, model });
  };

  test("of OpenAI depend on whether the model reasons", () => {
    for (const model of ["o3", "gpt-5.1", "gpt-5.2-2025-12-11", "gpt-6-sol"]) {
      assert.equal(of("openai", model).systemRole, "developer", model);
      assert.equal(of("openai", model).hasSamplingParameters, false, model);
    }
    for (const model of ["gpt-4.1", "gpt-5.2-chat-latest", "chatgpt-4o-latest"]) {
      assert.equal(of("openai", model).systemRole, "system", model);
      assert.equal(of("openai", model).hasSamplingParameters, true, model);
    }
    const efforts = (model: string): unknown => of("openai", model).reasoningRequest;
    assert.deepEqual(efforts("o3"), { kind: "effort", efforts: ["low", "medium", "high"] });
    assert.deepEqual(efforts("gpt-5-mini-2025-08-07"), {
      kind: "effort",
      efforts: ["minimal", "low", "medium", "high"],
    });
    assert.deepEqual(efforts("gpt-5.1-codex"), { kind: "effort", efforts: ["low", "medium", "high"] });
    assert.deepEqual(efforts("gpt-5.4-mini"), { kind: "effort", efforts: ["none", "low", "medium", "high", "xhigh"] });
    assert.deepEqual(efforts("gpt-6.1-sol"), { kind: "effort", efforts: ["low", "medium", "high", "xhigh", "max"] });
  });

  test("of Qwen3.8 on one's own machine say which efforts its template knows", () => {
    assert.deepEqual(of("vllm", "Qwen/Qwen3.8-27B").thinkingRequest, {
      kind: "adaptive",
      efforts: ["low", "medium", "xhigh"],
    });
    assert.deepEqual(of("ollama", "qwen3.8:27b").thinkingRequest, { kind: "adaptive", efforts: ["low", "medium"] });
    assert.equal(of("vllm", "Qwen/Qwen3.6-27B").thinkingRequest.kind, "none");
  });

  test("of xAI and DeepSeek differ by model", () => {
    const efforts = (model: string): unknown => of("xai", model).reasoningRequest;
    assert.deepEqual(efforts("grok-4.7"), { kind: "effort", efforts: ["low", "medium", "high", "xhigh"] });
    assert.deepEqual(efforts("grok-4.5"), { kind: "effort", efforts: ["low", "medium", "high"] });
    assert.deepEqual(efforts("grok-4.20"), { kind: "none" });
    assert.deepEqual(
      [of("deepseek", "deepseek-flash").hasImages, of("deepseek", "deepseek-v4-pro").hasImages],
      [true, false],
    );
  });

  test("of OpenAI say which models need the Responses API, and for what", () => {
    const apis = { "gpt-4.1": "never", "gpt-5.2": "never", "gpt-5.2-chat-latest": "never", "gpt-5.4-mini": "tools" };
    for (const [model, api] of Object.entries({ ...apis, "gpt-6-sol": "tools", "gpt-6-chat-latest": "never" }))
      assert.equal(of("openai", model).responsesApi, api, model);
    for (const model of ["gpt-5.2-codex", "gpt-5.4-pro", "o3-pro", "codex-mini-latest"])
      assert.equal(of("openai", model).responsesApi, "always", model);
    assert.equal(of("openai", "gpt-6-sol").reasoningReturn, "reasoning_details");
    assert.equal(of("openai", "gpt-5.2").reasoningReturn, "never");
  });

  test("of OpenAI's models tell what its API refuses, those of servers under its name do not", () => {
    for (const model of ["gpt-4.1", "gpt-6-sol", "o3"])
      assert.equal(of("openai", model).refusesUnknownFields, true, model);
    assert.equal(of("openai", "gpt-5-mini").refusedFields.includes("presence_penalty"), true);
    assert.equal(of("openai", "gpt-4.1").refusedFields.length, 0);
    for (const model of ["gpt-oss-20b", "qwen3"]) assert.equal(of("openai", model).refusesUnknownFields, false, model);
  });

  test("of Claude say how it thinks", () => {
    const kindOf = (model: string): string => of("anthropic", model).thinkingRequest.kind;
    assert.equal(kindOf("claude-3-5-haiku-20241022"), "none");
    assert.equal(kindOf("claude-haiku-4-5-20251001"), "budget");
    assert.equal(kindOf("claude-opus-4-7"), "adaptive");
    assert.equal(kindOf("claude-sonnet-5-5"), "adaptive");
    assert.equal(of("anthropic", "claude-opus-5").hasSamplingParameters, false);
    assert.equal(of("anthropic", "claude-opus-4-5").hasSamplingParameters, true);
    assert.equal(of("anthropic", "claude-haiku-4-5").maxOutputTokens, 64_000);
  });

  test("say where Claude Code's system messages between others are refused", () => {
    for (const model of [
      "claude-3-5-haiku-20241022",
      "claude-opus-4-20250514",
      "claude-opus-4-7",
      "claude-haiku-4-5",
    ]) {
      assert.equal(of("anthropic", model).hasMidConversationSystem, false, model);
    }
    for (const model of ["claude-opus-4-8", "claude-opus-5", "claude-haiku-5-5"]) {
      assert.equal(of("anthropic", model).hasMidConversationSystem, true, model);
    }
    assert.equal(of("llama.cpp", "any").hasMidConversationSystem, false);
    assert.equal(of("gemini", "gemini-3.8-flash").hasMidConversationSystem, false);
    assert.equal(of("openrouter", "google/gemini-3-pro").hasMidConversationSystem, false);
    assert.equal(of("openrouter", "z-ai/glm-5.3").hasMidConversationSystem, true);
    assert.equal(of("zai", "glm-5.3").hasMidConversationSystem, true);
  });

  test("of others carry their known quirks", () => {
    assert.equal(of("mistral", "mistral-medium-latest").toolCallIdPattern, "alphanumeric-9");
    assert.equal(of("mistral", "devstral-2512").hasUserAfterTool, false);
    assert.equal(of("openrouter", "mistralai/devstral-2512").hasUserAfterTool, false);
    assert.equal(of("openrouter", "z-ai/glm-5.3").hasUserAfterTool, true);
    assert.equal(of("openrouter", "moonshotai/kimi-k3").schemaSubset, "moonshot");
    assert.equal(of("gemini", "gemini-3.8-flash").hasThoughtSignatures, true);
    assert.equal(of("xai", "grok-4.7").refusedFields.includes("frequency_penalty"), true);
    assert.equal(of("groq", "openai/gpt-oss-120b").refusedFields.includes("logprobs"), true);
    assert.equal(of("gemini", "gemini-3.1-pro-preview").hasPrefill, true);
    for (const model of ["gemini-3.8-flash", "gemini-3.5-flash-lite"]) {
      assert.equal(of("gemini", model).hasPrefill, false, model);
      assert.equal(of("openrouter", `google/${model}`).hasPrefill, false, model);
    }
    assert.equal(of("deepseek", "deepseek-v4-pro").reasoningReturn, "reasoning_content");
    assert.equal(of("moonshot", "kimi-k2.6").reasoningRequest.kind, "thinking-switch");
    assert.equal(of("moonshot", "kimi-k3").reasoningRequest.kind, "effort");
    assert.equal(of("zai", "glm-5.3-flash").hasImages, true);
    assert.equal(of("zai", "glm-5.3").hasImages, false);
    assert.equal(of("zai", "glm-4.7").hasImages, false);
    assert.equal(of("openrouter", "x-ai/grok-4.7").reasoningRequest.kind, "openrouter");
  });
});
