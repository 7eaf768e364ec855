/** An error answer in OpenAI's shape, and what an answer is taken for. */
import { classifyFailure } from "./classify-failure.ts";
import type { Failure } from "./classify-failure.ts";

/** A body in OpenAI's shape. */
export const openai = (message: string, type: string | null = null, code: string | number | null = null): string =>
  JSON.stringify({ error: { message, type, param: null, code } });

export function classify(status: number, body: string, headers: Record<string, string> = {}): Failure {
  return classifyFailure(status, headers, body, 0);
}
