/**
 * Ids of tool calls, in the form that each side accepts.
 *
 * Anthropic clients and providers take `^[a-zA-Z0-9_-]+$` only, OpenAI at most 40 characters, Mistral nine letters
 * and digits; Moonshot sends `functions.Bash:0` and does best when it sees the same again. No state is kept between
 * turns: an id that the client cannot hold is carried inside the one it gets, all other changes are hashes of the id.
 *
 * Sources: https://docs.anthropic.com/en/api/messages (pattern of tool_use.id),
 * https://docs.mistral.ai/capabilities/function_calling (nine characters),
 * https://platform.openai.com/docs/api-reference/chat/create (length).
 */
import { createHash } from "node:crypto";
import { toJsonArray, toJsonObject } from "../../../core/json/json.ts";
import type { JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";

const clientPattern = /^[a-zA-Z0-9_-]+$/;
const carriedPrefix = "ccrid_";
const maxProviderIdLength = 40;

/** A provider's id as the client gets it. `provider`: its name, so that only it sees its own form again. */
export function toClientToolCallId(id: string, provider: string): string {
  if (clientPattern.test(id)) return id;
  return `${carriedPrefix}${hash(provider, "hex", 6)}_${Buffer.from(id).toString("base64url")}`;
}

/** A client's id as the target gets it: the same function for a call and for its result. */
export function toProviderToolCallId(id: string, traits: TargetTraits): string {
  const own = carriedId(id, traits.target.provider) ?? id;
  if (traits.toolCallIdPattern === "alphanumeric-9") {
    return /^[a-zA-Z0-9]{9}$/.test(own)
      ? own
      : hash(own, "base64", 64)
          .replaceAll(/[^a-zA-Z0-9]/g, "")
          .slice(0, 9);
  }
  return own.length <= maxProviderIdLength ? own : `call_${hash(own, "hex", 24)}`;
}

/** The ids of all calls in a client's messages. */
export function toolUseIds(messages: JsonValue | undefined): ReadonlySet<string> {
  const blocks = toJsonArray(messages).flatMap((message) => toJsonArray(toJsonObject(message)["content"]));
  const ids = blocks.map(toJsonObject).map(({ type, id }) => (type === "tool_use" ? id : null));
  return new Set(ids.filter((id) => typeof id === "string"));
}

/** The provider's own id inside a client's id, or null where there is none, or it is another provider's. */
function carriedId(id: string, provider: string): string | null {
  const head = `${carriedPrefix}${hash(provider, "hex", 6)}_`;
  if (!id.startsWith(carriedPrefix) || !id.startsWith(head)) return null;
  return Buffer.from(id.slice(head.length), "base64url").toString();
}

function hash(text: string, encoding: "hex" | "base64", length: number): string {
  return createHash("sha256").update(text).digest(encoding).slice(0, length);
}
