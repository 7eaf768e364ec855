/** A router with simulated providers, and the questions that operators ask it. */
import assert from "node:assert/strict";
import { runSimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import type { SimulatedProviders } from "../../src/simulation/run-simulated-providers.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

interface Bench {
  readonly router: LocalRouter;
  readonly simulated: SimulatedProviders;
}

/** Starts both; one attempt a call unless the settings say otherwise. */
export async function startMonitoredRouter(t: CleansUp, settings: object = {}): Promise<Bench> {
  const simulated = await runSimulatedProviders();
  t.after(() => simulated.close());
  const router = await startLocalRouter(t, {
    providers: simulated.configuration.providers,
    retries: { attemptsPerTarget: 1, baseDelayMs: 1 },
    ...settings,
  });
  return { router, simulated };
}

export const bash = {
  name: "Bash",
  description: "Runs a command",
  input_schema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
} as const;

/** Asks in the Anthropic dialect and answers the call's id, with the body as text. */
export async function ask(
  { router }: Bench,
  model: string,
  content = "How are you?",
  more: { readonly headers?: Record<string, string>; readonly body?: object } = {},
): Promise<{ readonly id: string; readonly status: number; readonly text: string }> {
  const body = { model, max_tokens: 256, messages: [{ role: "user", content }], ...more.body };
  const answer = await fetch(`${router.url}/v1/messages`, {
    method: "POST",
    headers: { "anthropic-version": "2023-06-01", ...more.headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return { id: answer.headers.get("x-ccr-request-id") ?? "", status: answer.status, text };
}

/** What an operators' endpoint answers. */
export async function read<Body>({ router }: Bench, path: string): Promise<Body> {
  const answer = await fetch(router.url + path);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as Body;
}

export async function scrape({ router }: Bench): Promise<string> {
  return (await fetch(`${router.url}/metrics`)).text();
}

export function post({ router }: Bench, path: string, body: unknown): Promise<Response> {
  return fetch(router.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** The value of the series, which must be there. */
export function valueOf(metrics: string, series: string): number {
  const line = metrics.split("\n").find((one) => one.startsWith(`${series} `));
  assert.ok(line !== undefined, `${series} is missing`);
  return Number(line.slice(series.length + 1));
}

export interface Quality {
  readonly targets: readonly {
    readonly provider: string;
    readonly model: string;
    readonly quality: number;
    readonly satisfaction: number;
    readonly answers: number;
  }[];
}
