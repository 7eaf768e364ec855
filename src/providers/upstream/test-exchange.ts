/** One exchange of an upstream client under test: its request, what is read of its answer, how it fails. */
import { strict as assert } from "node:assert";
import { GatewayError } from "../../core/errors/errors.ts";
import type { UpstreamAnswer, UpstreamClient, UpstreamRequest } from "./upstream.ts";

/** Makes the client under test for one origin. */
export type ClientFor = (origin: string, maxSockets?: number) => UpstreamClient;

export const patient: UpstreamRequest["timeouts"] = { connectMs: 5_000, firstByteMs: 5_000, betweenBytesMs: 5_000 };

export function request(changes: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: "POST",
    path: "/v1/messages",
    headers: { "content-type": "application/json" },
    body: Buffer.from("{}"),
    timeouts: patient,
    ...changes,
  };
}

/** All of an answer's body, or the error that ended it with what came before. */
export function read(answer: UpstreamAnswer): Promise<{ text: string; error: Error | null }> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    const text = (): string => Buffer.concat(chunks).toString();
    answer.receive({
      onData: (chunk) => chunks.push(chunk),
      onEnd: () => resolve({ text: text(), error: null }),
      onError: (error) => resolve({ text: text(), error }),
    });
  });
}

/** The error that the promise ends in. */
export async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GatewayError, `expected a GatewayError, got ${String(error)}`);
  return error;
}

export function assertError(error: Error | null, code: string, words: RegExp): void {
  assert.ok(error instanceof GatewayError, `expected a GatewayError, got ${String(error)}`);
  assert.equal(error.code, code);
  assert.match(error.message, words);
}
