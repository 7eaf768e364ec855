/** A simulated provider for one test, and calls to it. */
import type { TestContext } from "node:test";
import { toJsonObject } from "../core/json/json.ts";
import type { JsonObject } from "../core/json/json.ts";
import { openStream } from "../../test/kit/sse-client.ts";
import type { BehaviourChange } from "./behaviour.ts";
import { createSimulatedProvider } from "./create-simulated-provider.ts";
import type { SimulatedProvider } from "./create-simulated-provider.ts";
import type { SimulatedProviderKind } from "./profile.ts";

/** A model of each kind of provider. */
export const models: Record<SimulatedProviderKind, string> = {
  anthropic: "claude-haiku-4-5",
  openai: "gpt-4o",
  groq: "llama-3.3-70b-versatile",
  deepseek: "deepseek-chat",
};

/** A provider for one test. */
export async function start(
  t: TestContext,
  kind: SimulatedProviderKind,
  behaviour: BehaviourChange = {},
): Promise<SimulatedProvider> {
  const provider = await createSimulatedProvider({ kind, behaviour });
  t.after(() => provider.close());
  return provider;
}

/** Where calls to its models go. */
export function urlOf(provider: SimulatedProvider): string {
  return provider.baseUrl + (provider.kind === "anthropic" ? "/v1/messages" : "/chat/completions");
}

export const anthropicVersion: Readonly<Record<string, string>> = { "anthropic-version": "2023-06-01" };

/** A request that says `text`. */
export function bodyOf(provider: SimulatedProvider, text: string, more: JsonObject = {}): JsonObject {
  return { model: models[provider.kind], max_tokens: 500, messages: [{ role: "user", content: text }], ...more };
}

/** The stream that answers `text`. */
export function stream(
  provider: SimulatedProvider,
  text = "Hello [[tokens:60]]",
  more: JsonObject = {},
): ReturnType<typeof openStream> {
  return openStream(urlOf(provider), bodyOf(provider, text, { stream: true, ...more }), anthropicVersion);
}

/** The whole answer to `body`. */
export async function post(
  provider: SimulatedProvider,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: JsonObject }> {
  const answer = await fetch(urlOf(provider), {
    method: "POST",
    headers: { ...anthropicVersion, ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: toJsonObject(await answer.json()) };
}
