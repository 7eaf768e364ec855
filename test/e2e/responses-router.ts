/** A router before a simulated OpenAI, and calls that need its Responses API. */
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { JsonObject } from "../../src/core/json/json.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import type { SimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { createTemporaryFolder } from "../kit/temporary-folder.ts";

export const model = "gpt-6-sol";

const parameters = { type: "object" as const, properties: { command: { type: "string" } }, required: ["command"] };

const bash: Anthropic.Tool = { name: "Bash", description: "Runs a command", input_schema: parameters };

export const bashFunction: OpenAI.ChatCompletionFunctionTool = {
  type: "function" as const,
  function: { name: "Bash", parameters },
};

export const question = { role: "user" as const, content: "Use the Bash tool: `ls`" };

const thinking = { type: "enabled" as const, budget_tokens: 1024 };

export const asked: Omit<Anthropic.MessageCreateParamsNonStreaming, "messages"> = {
  model,
  max_tokens: 4096,
  tools: [bash],
  thinking,
};

interface Setup {
  readonly openai: SimulatedProvider;
  readonly router: LocalRouter;
  readonly anthropicClient: Anthropic;
  readonly openaiClient: OpenAI;
  readonly ledgerPath: string;
}

/** Starts both, and a client of each dialect. */
export async function startResponsesRouter(
  t: CleansUp,
  settings: (openai: SimulatedProvider) => object = () => ({}),
): Promise<Setup> {
  const openai = await createSimulatedProvider({ kind: "openai" });
  t.after(() => openai.close());
  const ledgerPath = join(createTemporaryFolder(t), "ledger.sqlite");
  const router = await startLocalRouter(t, {
    ledger: { sqlitePath: ledgerPath },
    providers: { openai: { baseUrl: openai.baseUrl, apiKey: "a" } },
    retries: { baseDelayMs: 1 },
    ...settings(openai),
  });
  return {
    openai,
    router,
    ledgerPath,
    anthropicClient: new Anthropic({ baseURL: router.url, apiKey: "any", maxRetries: 0 }),
    openaiClient: new OpenAI({ baseURL: `${router.url}/v1`, apiKey: "any", maxRetries: 0 }),
  };
}

/** The body of the provider's last request, or of the one in this place. */
export function bodyOf(provider: SimulatedProvider, place = -1): JsonObject {
  return provider.requests.at(place)!.body as JsonObject;
}

/** Of what kind the parts of the last input are. */
export function inputTypes(provider: SimulatedProvider): unknown[] {
  return (bodyOf(provider)["input"] as JsonObject[]).map(({ type, role }) => type ?? role);
}

/** The turns of a tool's use: the question, the answer, the tool's result. */
export function withResult(content: Anthropic.ContentBlock[]): Anthropic.MessageParam[] {
  const { id } = content.find((block) => block.type === "tool_use")!;
  return [
    question,
    { role: "assistant", content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "a.txt" }] },
  ];
}
