/** Whether an error body is one that a dialect's clients can read. Pure. */
import type { Dialect } from "../../core/dialect.ts";
import { parseJson, toJsonObject } from "../../core/json/json.ts";

/**
 * Whether clients of `dialect` find the message in `body`. Pages of proxies, FastAPI's `detail` and vLLM's flat errors come
 * from servers of either dialect, and its libraries show them raw or say "no body".
 */
export function isErrorOf(dialect: Dialect, body: string): boolean {
  const document = toJsonObject(parseJson(body));
  const { type, message } = toJsonObject(document["error"]);
  if (typeof message !== "string" || message === "") return false;
  return dialect === "openai-chat" || (document["type"] === "error" && typeof type === "string");
}
