/**
 * Makes a conversation one that the API accepts: it begins with the user, every tool use has its result at the
 * start of the next turn and every result its use, and it ends where the target may go on.
 */
import { GatewayError } from "../../../core/errors/errors.ts";
import type { JsonObject, JsonValue } from "../../../core/json/json.ts";
import type { TargetTraits } from "../../target-traits.ts";
import { textBlocks } from "./content.ts";
import type { Conversation, Turn } from "./turns.ts";

/** `conversation` with as little changed as the API's rules ask for; each change is noted. */
export function repairConversation(conversation: Conversation, traits: TargetTraits, notes: Set<string>): Conversation {
  const { system, turns } = beginWithUser(conversation, notes);
  return { system, turns: endTurns(matchTools(turns, notes), traits, notes) };
}

function beginWithUser(conversation: Conversation, notes: Set<string>): Conversation {
  const { system, turns } = conversation;
  if (turns.length === 0 && system.length > 0) {
    notes.add("the system message became the user's: there was no other");
    return { system: [], turns: [{ role: "user", content: system }] };
  }
  if (turns.length === 0) throw new GatewayError("caller_invalid_request", "No message has any content.");
  if (turns[0]?.role === "user") return conversation;
  notes.add("a user turn was put before the first answer");
  return { system, turns: [userTurn("(continued)"), ...turns] };
}

/** A tool use that waits for its result. */
interface AskedTool {
  /** As the client's result names it. */
  readonly id: string;
  /** As the target gets it: some providers count their ids anew in each turn, the API wants each only once. */
  readonly uniqueId: string;
}

/** Results where they belong: at the start of the turn after the uses. */
function matchTools(turns: readonly Turn[], notes: Set<string>): Turn[] {
  const matched: Turn[] = [];
  const usedIds = new Map<string, number>();
  let asked: readonly AskedTool[] = [];
  for (const turn of turns) {
    if (turn.role === "user") {
      matched.push({ role: "user", content: orderResults(turn.content, asked, notes) });
    } else {
      if (asked.length > 0) matched.push({ role: "user", content: orderResults([], asked, notes) });
      matched.push({ ...turn, content: turn.content.map((block) => withUniqueId(block, usedIds)) });
    }
    asked = askedIn(turn, matched.at(-1));
  }
  if (asked.length > 0) matched.push({ role: "user", content: orderResults([], asked, notes) });
  return matched;
}

/** `usedIds`: the ids so far, each with the number that its last namesake got. */
function withUniqueId(block: JsonObject, usedIds: Map<string, number>): JsonObject {
  const { id } = block;
  if (block["type"] !== "tool_use" || typeof id !== "string") return block;
  let uniqueId = id === "" ? "call" : id;
  let count = usedIds.get(id) ?? 1;
  while (usedIds.has(uniqueId)) uniqueId = `${id}_${++count}`;
  usedIds.set(uniqueId, 1);
  usedIds.set(id, count);
  return { ...block, id: uniqueId };
}

function askedIn(turn: Turn, sent: Turn | undefined): AskedTool[] {
  if (turn.role !== "assistant") return [];
  return turn.content.flatMap((block, index) => {
    const uniqueId = sent?.content[index]?.["id"];
    const { type, id } = block;
    return type === "tool_use" && typeof id === "string" && typeof uniqueId === "string" ? [{ id, uniqueId }] : [];
  });
}

function orderResults(content: readonly JsonObject[], asked: readonly AskedTool[], notes: Set<string>): JsonObject[] {
  const waiting = resultsById(content);
  const taken = new Set<JsonObject>();
  const results = asked.map(({ id, uniqueId }) => {
    const result = waiting.get(id)?.pop();
    if (result === undefined) {
      notes.add("an error result was put in for tool calls without one");
      return missingResult(uniqueId);
    }
    taken.add(result);
    return { ...result, tool_use_id: uniqueId };
  });
  const rest = content.filter((block) => !taken.has(block));
  return [...results, ...rest.flatMap((block) => withoutUse(block, notes))];
}

/** The results of each call, the first one at the end. */
function resultsById(content: readonly JsonObject[]): ReadonlyMap<JsonValue | undefined, JsonObject[]> {
  const results = content.filter(({ type }) => type === "tool_result").toReversed();
  return Map.groupBy(results, ({ tool_use_id }) => tool_use_id);
}

function missingResult(id: string): JsonObject {
  return { type: "tool_result", tool_use_id: id, is_error: true, content: "The tool gave no result." };
}

/** A result whose call is not in the turn before becomes content of the user. */
function withoutUse(block: JsonObject, notes: Set<string>): JsonObject[] {
  if (block["type"] !== "tool_result") return [block];
  notes.add("a tool result without its call became content of the user");
  const { content } = block;
  return Array.isArray(content) ? (content as JsonObject[]) : textBlocks("(an empty tool result)");
}

function endTurns(turns: readonly Turn[], traits: TargetTraits, notes: Set<string>): Turn[] {
  const last = turns.at(-1);
  if (last?.role !== "assistant") return [...turns];
  if (last.content.every(isThinking)) {
    notes.add("the last answer left out: it holds nothing but thinking");
    return turns.slice(0, -1);
  }
  if (!traits.hasPrefill) {
    notes.add("a user turn was put after the last answer: the target takes no prefill");
    return [...turns, userTurn("Continue.")];
  }
  return [...turns.slice(0, -1), { ...last, content: trimEnd(last.content) }];
}

/**
 * The API refuses a last answer that ends in thinking, and only there:
 * https://github.com/router-for-me/CLIProxyAPI/issues/5321
 */
function isThinking({ type }: JsonObject): boolean {
  return type === "thinking" || type === "redacted_thinking";
}

/** The API refuses a prefill that ends in white space. */
function trimEnd(content: readonly JsonObject[]): JsonObject[] {
  return content.map((block, index) =>
    index === content.length - 1 && typeof block["text"] === "string"
      ? { ...block, text: block["text"].trimEnd() }
      : block,
  );
}

function userTurn(text: string): Turn {
  return { role: "user", content: textBlocks(text) };
}
