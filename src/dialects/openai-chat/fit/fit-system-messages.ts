/**
 * System messages made to fit a target that wants one, before all others: several at the beginning become one, and those
 * between others become marked text of the user, in their place.
 */
import { isJsonObject, toJsonArray, toJsonObject, toText } from "../../../core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import { contentParts } from "../../content-parts.ts";
import { markedAsSystem } from "../../marked-system.ts";
import type { TargetTraits } from "../../target-traits.ts";

/** `body` with the system messages that the target takes; the same object where that is so already. */
export function fitSystemMessages(body: JsonObject, { hasMidConversationSystem }: TargetTraits): JsonObject {
  if (hasMidConversationSystem) return body;
  const messages = toJsonArray(body["messages"]);
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const leading = firstOther === -1 ? messages : messages.slice(0, firstOther);
  const others = messages.slice(leading.length);
  if (leading.length < 2 && !others.some(isSystem)) return body;
  return { ...body, messages: [...joinLeading(leading), ...placeLater(others)] };
}

function joinLeading(leading: readonly JsonValue[]): readonly JsonValue[] {
  return leading.length < 2 ? leading : [{ ...toJsonObject(leading[0]), content: joinContents(leading) }];
}

/** Results stay directly behind their calls: what is said among them comes after the last one. */
function placeLater(messages: readonly JsonValue[]): JsonValue[] {
  const marked = new Set<JsonValue>();
  const placed: JsonValue[] = [];
  let waiting: JsonObject[] = [];
  const placeWaiting = (): void => {
    for (const message of waiting) {
      marked.add(message);
      placed.push(message);
    }
    waiting = [];
  };
  for (const message of messages) {
    if (isSystem(message)) {
      const text = textOf(message);
      if (text !== "") waiting.push({ role: "user", content: markedAsSystem(text) });
      continue;
    }
    if (roleOf(message) !== "tool") placeWaiting();
    placed.push(message);
  }
  placeWaiting();
  return runsOf(placed).flatMap((run) => (run.some((message) => marked.has(message)) ? [joinRun(run)] : run));
}

/** Neighbours of one role together. */
function runsOf(messages: readonly JsonValue[]): JsonValue[][] {
  const runs: JsonValue[][] = [];
  for (const message of messages) {
    const run = runs.at(-1);
    if (run === undefined || roleOf(run[0]) !== roleOf(message)) runs.push([message]);
    else run.push(message);
  }
  return runs;
}

/** One message of the user: targets of this kind want roles to take turns, too. */
function joinRun(run: readonly JsonValue[]): JsonValue {
  return run.length === 1 ? run[0]! : { role: "user", content: joinContents(run) };
}

/** One text where all are texts, else a list of parts. */
function joinContents(messages: readonly JsonValue[]): JsonValue {
  const contents = messages.map(contentOf).filter((content) => content !== "");
  if (contents.every((content) => typeof content === "string")) return contents.join("\n\n");
  return contents.flatMap(contentParts);
}

function contentOf(message: JsonValue): JsonValue {
  return toJsonObject(message)["content"] ?? "";
}

function textOf(message: JsonValue): string {
  const content = contentOf(message);
  if (typeof content === "string") return content;
  const texts = toJsonArray(content).map((part) => toText(isJsonObject(part) ? part["text"] : part));
  return texts.filter((text) => text !== "").join("\n\n");
}

function isSystem(message: JsonValue): boolean {
  const role = roleOf(message);
  return role === "system" || role === "developer";
}

function roleOf(message: JsonValue | undefined): JsonValue | undefined {
  return toJsonObject(message)["role"];
}
