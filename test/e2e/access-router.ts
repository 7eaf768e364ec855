/** A router with or without keys before a simulated provider, and requests to it. */
import { createHash } from "node:crypto";
import type { BehaviourChange } from "../../src/simulation/behaviour.ts";
import { createSimulatedProvider } from "../../src/simulation/create-simulated-provider.ts";
import { startLocalRouter } from "../kit/local-router.ts";
import type { LocalRouter } from "../kit/local-router.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export const good = {
  model: "claude-sonnet-4-5",
  max_tokens: 16,
  messages: [{ role: "user", content: "hi" }],
} as const;

/** Takes fields that the simulation does not know. */
export const tolerant: BehaviourChange = { isStrict: false };

/** Starts a router with these settings beside its provider's. */
export async function startAccessRouter(
  t: CleansUp,
  settings: object = {},
  behaviour: BehaviourChange = {},
): Promise<LocalRouter> {
  const provider = await createSimulatedProvider({ kind: "anthropic", behaviour });
  t.after(() => provider.close());
  return startLocalRouter(t, { providers: { anthropic: { baseUrl: provider.baseUrl, apiKey: "k" } }, ...settings });
}

export const keys: { readonly auth: { readonly adminKeyHash: string; readonly keys: readonly object[] } } = {
  auth: {
    adminKeyHash: sha256("admin-key"),
    keys: [
      { hash: sha256("key-of-ana"), user: "ana" },
      { hash: sha256("old-key"), user: "old", expires: "2020-01-01" },
      { hash: sha256("small-key"), user: "sam", allowedModels: ["claude-haiku-*"] },
    ],
  },
};

export function post(
  router: LocalRouter,
  body: unknown,
  headers: Record<string, string> = {},
  path = "/v1/messages",
): Promise<Response> {
  return fetch(router.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers,
  });
}

/** An error answer's status, error and word on retries. */
export async function errorOf(
  answer: Response,
): Promise<{ status: number; type: string; message: string; retry: string | null }> {
  const { error } = (await answer.json()) as { error: { type: string; message: string } };
  return { status: answer.status, ...error, retry: answer.headers.get("x-should-retry") };
}
