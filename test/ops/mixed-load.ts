/**
 * A router with everything switched on, and a load in which everything happens: answers, failures, retries, fail-overs, open
 * breakers, budgets that refuse, tools that people reject, reloads that are taken and refused, traces that are exported.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hashKey } from "../../src/config/keys-file.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";
import { waitUntil } from "../kit/wait-until.ts";

const ada = "key-of-ada";
const spender = "key-of-a-spender";

export interface MixedRouter {
  readonly router: RouterProcess;
  readonly configuration: JsonObject;
}

/** `redisUrl` null: without Redis. */
export async function startMixedRouter(
  t: CleansUp,
  simulated: SimulatedProviders,
  redisUrl: string | null,
): Promise<MixedRouter> {
  const collector = createServer((request, answer) => request.resume().on("end", () => answer.end("{}")));
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    collector.closeAllConnections();
    collector.close();
  });
  const { providers } = simulated.configuration;
  const configuration: JsonObject = {
    providers: { ...providers },
    auth: {
      keys: [
        { hash: hashKey(ada), user: "ada", team: "core", tier: "pro" },
        { hash: hashKey(spender), user: "spender", team: "core" },
      ],
    },
    routing: { fallbacks: { "openai/gpt-4.1": "anthropic/claude-haiku-4-5" }, affinity: { enabled: false } },
    retries: { attemptsPerTarget: 2, baseDelayMs: 5, maxDelayMs: 10 },
    breaker: { failureThreshold: 4, openMs: 300 },
    budgets: {
      caps: [
        { scope: "all", daily: 1000, monthly: 5000 },
        { scope: "user", id: "spender", daily: 0.0005 },
      ],
    },
    cache: { enabled: true, scope: "all" },
    monitoring: {
      traces: { sampleRatio: 1 },
      otlp: { endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` },
    },
    ...(redisUrl === null ? {} : { redis: { url: redisUrl, keyPrefix: `dashboards-${process.pid}:` } }),
  };
  return { router: await startRouter(t, { configuration }), configuration };
}

const bash = {
  name: "Bash",
  description: "Runs a command",
  input_schema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};

interface Asked {
  readonly key?: string;
  readonly model: string;
  readonly content?: string;
  readonly stream?: boolean;
  readonly more?: object;
}

async function ask(url: string, { key = ada, model, content = "Hi", stream = false, more = {} }: Asked): Promise<string> {
  const body = { model, max_tokens: 64, stream, messages: [{ role: "user", content }], ...more };
  const answer = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
    body: JSON.stringify(body),
  });
  return answer.text();
}

/** Everything once or more. Comes back when it is done; run it again for as long as load is wanted. */
export async function runMixedLoad(
  { router, configuration }: MixedRouter,
  simulated: SimulatedProviders,
  round: number,
): Promise<void> {
  const { url } = router;
  const calls = ["anthropic/claude-sonnet-4-5", "groq/openai/gpt-oss-120b", "openai/gpt-4.1", "deepseek/deepseek-chat"];
  for (const [index, model] of calls.entries()) {
    await ask(url, { model, stream: index % 2 === 0, content: `question ${round}-${index}` });
  }
  // The same question, for the answer cache, with all that makes a call fit for it.
  const same = { model: "anthropic/claude-sonnet-4-5", content: "What is two and two?", more: { temperature: 0 } };
  await ask(url, same);
  await ask(url, same);
  await rejectATool(url);
  await ask(url, { model: "nowhere/made-up" });
  await ask(url, { key: spender, model: "anthropic/claude-opus-4-1", content: `spend ${round}` });
  // OpenAI fails: retries, a fail-over, an open breaker, then the way back.
  simulated.openai.behave({ fault: { kind: "status", status: 500 } });
  for (let call = 0; call < 4; call++) await ask(url, { model: "openai/gpt-4.1", content: `lost ${round}-${call}` });
  simulated.openai.behave({ fault: null });
  simulated.groq.behave({ fault: { kind: "status", status: 503 } });
  await ask(url, { model: "groq/openai/gpt-oss-120b", content: `gone ${round}` });
  simulated.groq.behave({ fault: null });
  const change = round % 2 === 0 ? { aliases: { fast: "anthropic/claude-haiku-4-5" } } : { nonsense: true };
  if (round < 2) router.writeConfiguration({ ...configuration, ...change });
}

/** A tool call that a person rejects and one that fails, as Claude Code tells. */
async function rejectATool(url: string): Promise<void> {
  const text = await ask(url, {
    model: "anthropic/claude-sonnet-4-5",
    content: '[[tool:Bash {"command":"ls"}]]',
    stream: true,
    more: { tools: [bash] },
  });
  const id = /"type":"tool_use","id":"([^"]+)"/.exec(text)?.[1];
  if (id === undefined) return;
  const decision = { tool_use_id: id, decision: "reject", source: "user_reject", tool_name: "Bash" };
  const result = { tool_use_id: id, success: "false", tool_name: "Bash" };
  await waitUntil("the router knows the tool call", async () => {
    await send(url, "tool_decision", decision);
    await send(url, "tool_result", result);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return /^ccr_tool_decisions_total\{.*decision="reject"\} [1-9]/m.test(metrics);
  });
}

async function send(url: string, name: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  const list = Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const record = { body: { stringValue: `claude_code.${name}` }, attributes: list };
  const body = { resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ logRecords: [record] }] }] };
  await fetch(`${url}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
