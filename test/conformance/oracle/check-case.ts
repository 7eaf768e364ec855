/** The assertion engine for the language of the recorded cases. */
import { isDeepStrictEqual } from "node:util";
import { parseJson, toJsonArray, toJsonObject } from "../../../src/core/json/json.ts";
import type { JsonObject, JsonValue } from "../../../src/core/json/json.ts";
import { plain } from "./plain.ts";
import { checkDocument, holds, pointerValue, show } from "./check-document.ts";
import type { Assertion, Strength } from "./fixtures.ts";
import { anthropicInvariants, openAiInvariants } from "./invariants.ts";
import type { Observed } from "./observed.ts";

/** Failures of one assertion's key. */
type Check = (observed: Observed, wanted: JsonValue) => string[];

/**
 * What `observed` fails of the assertions, one line each, the strength first: `must: …`. `strength` is the
 * case's own; an assertion may carry another.
 */
export function checkCase(expect: readonly Assertion[], observed: Observed, strength: Strength = "must"): string[] {
  return expect.flatMap((assertion) => {
    const own = typeof assertion["strength"] === "string" ? assertion["strength"] : strength;
    return checkAssertion(assertion, observed).map((failure) => `${own}: ${failure}`);
  });
}

/** Only the failures that count. */
export function mustFailures(failures: readonly string[]): string[] {
  return failures.filter((failure) => failure.startsWith("must: "));
}

function checkAssertion(assertion: Assertion, observed: Observed): string[] {
  if (Array.isArray(assertion["any_of"])) return checkAnyOf(assertion["any_of"], observed);
  const onDocument = checkDocument(assertion, observed.document);
  if (onDocument !== null) return onDocument;
  return Object.entries(assertion).flatMap(([name, wanted]) => {
    if (name === "strength" || name === "note" || name === "timing" || wanted === undefined) return [];
    const check = checks[name];
    return check === undefined ? [`unknown assertion: ${name}`] : check(observed, wanted);
  });
}

function checkAnyOf(lists: readonly JsonValue[], observed: Observed): string[] {
  const outcomes = lists.map((list) =>
    toJsonArray(list).flatMap((assertion) => checkAssertion(toJsonObject(assertion), observed)),
  );
  if (outcomes.some((failures) => failures.length === 0)) return [];
  return [`none of: ${outcomes.map((failures) => failures.join(" and ")).join(" | ")}`];
}

function equal(name: string, actual: unknown, wanted: JsonValue): string[] {
  return isDeepStrictEqual(actual, wanted) ? [] : [`${name} is ${show(actual)}, not ${show(wanted)}`];
}

function that(isTrue: boolean, failure: string): string[] {
  return isTrue ? [] : [failure];
}

function part(name: string, actual: unknown, wanted: JsonValue): string[] {
  return that(holds(actual as JsonValue, wanted), `${name} is ${show(actual)}, not ${show(wanted)}`);
}

function types(observed: Observed): string[] {
  return payloads(observed).map((event) => plain(event["type"]));
}

function payloads(observed: Observed): JsonObject[] {
  return observed.events.map(({ data }) => toJsonObject(parseJson(data))).filter((event) => event["type"] !== "ping");
}

function payloadsOf(observed: Observed, type: string): JsonObject[] {
  return payloads(observed).filter((event) => event["type"] === type);
}

const answerChecks: Readonly<Record<string, Check>> = {
  text: (seen, wanted) => equal("text", seen.answer?.text, wanted),
  thinking: (seen, wanted) => equal("thinking", seen.answer?.thinking, wanted),
  text_contains: (seen, wanted) =>
    that(seen.answer?.text.includes(plain(wanted)) === true, `text lacks ${show(wanted)}`),
  blocks: (seen, wanted) => part("blocks", seen.answer?.blocks, wanted),
  tools: (seen, wanted) => part("tools", seen.answer?.tools, wanted),
  has_tool: (seen, wanted) => {
    const has = seen.answer?.tools.some((tool) => holds(tool as unknown as JsonValue, wanted)) === true;
    return that(has, `no tool ${show(wanted)}`);
  },
  tool_inputs: (seen, wanted) =>
    equal(
      "tool inputs",
      seen.answer?.tools.map((tool) => tool.input),
      wanted,
    ),
  tool_names: (seen, wanted) =>
    equal(
      "tool names",
      seen.answer?.tools.map((tool) => tool.name),
      wanted,
    ),
  tool_name_set: (seen, wanted) =>
    equal(
      "tool names",
      seen.answer?.tools.map((tool) => plain(tool.name)).sort(),
      toJsonArray(wanted).map(plain).sort(),
    ),
  tool_names_non_empty: (seen) =>
    that(
      seen.answer?.tools.every(({ name }) => typeof name === "string" && name !== "") === true,
      "a tool has no name",
    ),
  tool_ids_valid: (seen) => checkToolIds(seen.answer?.tools.map((tool) => tool.id) ?? []),
  tool_call_indices: (seen, wanted) => equal("tool_calls indices", seen.answer?.toolCallIndices, wanted),
  stop_reason: (seen, wanted) => equal("stop_reason", seen.answer?.stopReason, wanted),
  finish_reason: (seen, wanted) => equal("finish_reason", seen.answer?.stopReason, wanted),
  stop_reason_not: (seen, wanted) => that(seen.answer?.stopReason !== wanted, `stop_reason is ${show(wanted)}`),
  finish_reason_absent: (seen) => that((seen.answer?.stopReason ?? null) === null, "there is a finish_reason"),
  usage: (seen, wanted) =>
    Object.entries(toJsonObject(wanted)).flatMap(([path, count]) => {
      const actual = pointerValue(seen.answer?.usage ?? undefined, `/${path.replaceAll(".", "/")}`);
      // A count of zero may be left out.
      return actual === undefined && count === 0 ? [] : equal(`usage.${path}`, actual, count ?? null);
    }),
  usage_total_input: (seen, wanted) => equal("total input", totalInput(seen), wanted),
  usage_present: (seen) => that(seen.answer?.usage !== null && seen.answer !== null, "no usage"),
  recorded_usage: (seen, wanted) =>
    Object.entries(toJsonObject(wanted)).flatMap(([name, count]) =>
      equal(`recorded ${name}`, recordedCount(seen, name), count ?? null),
    ),
  error_type: (seen, wanted) => equal("error type", seen.answer?.error?.type, wanted),
  error_message_contains: (seen, wanted) =>
    that(seen.answer?.error?.message.includes(plain(wanted)) === true, `error lacks ${show(wanted)}`),
  stream_error: (seen, wanted) => equal("stream error", seen.answer?.error !== null, wanted),
  http_status_in: (seen, wanted) =>
    that(toJsonArray(wanted).includes(seen.status), `status ${seen.status}, not in ${show(wanted)}`),
  rejected: (seen, wanted) => equal("rejected", seen.status >= 400 && seen.status < 500, wanted),
  content_type: (seen, wanted) =>
    that(seen.contentType?.startsWith(plain(wanted)) === true, `type ${seen.contentType}`),
};

const eventChecks: Readonly<Record<string, Check>> = {
  invariants: (seen) =>
    seen.dialect === "anthropic-messages" ? anthropicInvariants(seen.events) : openAiInvariants(seen.events),
  types: (seen, wanted) => equal("types", types(seen), wanted),
  types_in_order: (seen, wanted) => {
    const rest = [...toJsonArray(wanted)];
    for (const type of types(seen)) if (type === rest[0]) rest.shift();
    return that(rest.length === 0, `types lack, in order, ${show(rest)}`);
  },
  count: (seen, wanted) =>
    Object.entries(toJsonObject(wanted)).flatMap(([type, count]) =>
      equal(`count of ${type}`, payloadsOf(seen, type).length, count ?? null),
    ),
  last_event: (seen, wanted) => equal("last event", types(seen).at(-1), wanted),
  block_starts: (seen, wanted) =>
    equal(
      "block starts",
      payloadsOf(seen, "content_block_start").map((event) => [
        event["index"],
        toJsonObject(event["content_block"])["type"],
      ]),
      wanted,
    ),
  block_start_is: (seen, wanted) =>
    part(
      "block starts",
      payloadsOf(seen, "content_block_start").map((event) => event["content_block"]),
      wanted,
    ),
  message_start: (seen, wanted) => part("message_start", payloadsOf(seen, "message_start")[0]?.["message"], wanted),
  message_delta: (seen, wanted) => part("message_delta", payloadsOf(seen, "message_delta")[0], wanted),
  message_id_matches: (seen, wanted) =>
    that(new RegExp(plain(wanted)).test(plain(seen.answer?.id ?? "")), `id ${show(seen.answer?.id)}`),
  no_empty_deltas: (seen) =>
    that(
      payloadsOf(seen, "content_block_delta").every((event) => {
        const delta = toJsonObject(event["delta"]);
        return !["text", "thinking"].some((field) => delta[field] === "");
      }),
      "an empty delta",
    ),
  no_empty_blocks: (seen, wanted) => checkEmptyBlocks(seen, wanted),
};

const requestChecks: Readonly<Record<string, Check>> = {
  no_empty_assistant: (seen) =>
    that(
      messagesOf(seen).every(
        ({ role, content, tool_calls: calls }) => role !== "assistant" || !isEmpty(content) || !isEmpty(calls),
      ),
      "an assistant message without content or tool calls",
    ),
  tool_calls_answered: (seen) => {
    const messages = messagesOf(seen);
    const asked = messages.flatMap((message) =>
      toJsonArray(message["tool_calls"]).map((call) => toJsonObject(call)["id"]),
    );
    const answered = messages.filter(({ role }) => role === "tool").map((message) => message["tool_call_id"]);
    const lost = asked.filter((id) => !answered.includes(id));
    return that(lost.length === 0, `tool calls without an answer: ${show(lost)}`);
  },
};

const checks: Readonly<Record<string, Check>> = { ...answerChecks, ...eventChecks, ...requestChecks };

function checkToolIds(ids: readonly JsonValue[]): string[] {
  const isValid = ids.every((id) => typeof id === "string" && /^[a-zA-Z0-9_-]+$/.test(id));
  return that(isValid && new Set(ids).size === ids.length, `tool ids ${show(ids)}`);
}

function checkEmptyBlocks(seen: Observed, wanted: JsonValue): string[] {
  const all = payloads(seen);
  const isFilled = (start: JsonObject): boolean =>
    all.some((event) => event["type"] === "content_block_delta" && event["index"] === start["index"]);
  const empty = payloadsOf(seen, "content_block_start").filter(
    (start) => (wanted === true || toJsonObject(start["content_block"])["type"] === wanted) && !isFilled(start),
  );
  return that(empty.length === 0, `${empty.length} empty blocks`);
}

function totalInput(seen: Observed): number {
  const usage = seen.answer?.usage ?? {};
  const names =
    seen.dialect === "openai-chat"
      ? ["prompt_tokens"]
      : ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
  return names.reduce((sum, name) => sum + Number(usage[name] ?? 0), 0);
}

function recordedCount(seen: Observed, name: string): number | undefined {
  const usage = seen.recordedUsage;
  if (usage === null) return undefined;
  if (name === "input") return usage.uncachedInput;
  if (name === "cache_read") return usage.cacheRead;
  if (name === "cache_write") return usage.cacheWrite5m + usage.cacheWrite1h;
  if (name === "cache_write_5m") return usage.cacheWrite5m;
  if (name === "cache_write_1h") return usage.cacheWrite1h;
  if (name === "reasoning") return usage.reasoning;
  return name === "output" ? usage.output : undefined;
}

function messagesOf(seen: Observed): JsonObject[] {
  return toJsonArray(toJsonObject(seen.document)["messages"]).map(toJsonObject);
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
