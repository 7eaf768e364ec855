/** Probes of docs/translation/openai-to-anthropic.md: one for each row of its tables of requests. */
import type { JsonObject } from "../../src/core/json/json.ts";
import type { TargetTraits } from "../../src/dialects/target-traits.ts";

/** A probe of one row: a request with the field, and what must be seen of it. */
export interface Probe {
  readonly request: JsonObject;
  readonly traits?: Partial<TargetTraits>;
  /** What must stand in the provider's body, as JSON. */
  readonly has?: readonly string[];
  /** What must not. */
  readonly lacks?: readonly string[];
  readonly note?: RegExp;
}

const user: JsonObject = { role: "user", content: "Hi" };
const functionTool = (fields: JsonObject = {}): JsonObject => ({
  type: "function",
  function: { name: "f", ...fields },
});
const call: JsonObject = { id: "call.1", type: "function", function: { name: "f", arguments: '{"a":1}' } };
const called: JsonObject = { role: "assistant", content: null, tool_calls: [call] };
const result: JsonObject = { role: "tool", tool_call_id: "call.1", content: "done" };
const talk = (...messages: JsonObject[]): JsonObject => ({ messages: [user, ...messages] });
const part = (fields: JsonObject): JsonObject => ({ messages: [{ role: "user", content: [fields] }] });
const adaptive: Partial<TargetTraits> = { thinkingRequest: { kind: "adaptive", efforts: ["low", "medium", "high"] } };
const dropped = (name: string, value: JsonObject[string]): Probe => ({
  request: { [name]: value },
  lacks: [`"${name}"`],
  note: new RegExp(`^${name} left out`),
});
const schema: JsonObject = { type: "object", properties: { a: { type: "integer", minimum: 3 } }, required: ["a"] };

export const probes: Readonly<Record<string, Probe>> = {
  model: { request: { model: "asked" }, has: ['"model":"target-model"'], lacks: ["asked"] },
  messages: { request: talk(), has: ['"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]'] },
  stream: { request: { stream: true }, has: ['"stream":true'] },
  stream_options: { request: { stream_options: { include_usage: true } }, lacks: ["stream_options"] },
  max_tokens: {
    request: { max_tokens: 9_000 },
    traits: { maxOutputTokens: 8_000 },
    has: ['"max_tokens":8000'],
    note: /max_tokens lowered from 9000 to 8000/,
  },
  max_completion_tokens: {
    request: { max_tokens: 1, max_completion_tokens: 70 },
    has: ['"max_tokens":70'],
    lacks: ["max_completion"],
  },
  stop: {
    request: { stop: ["END", "\n"] },
    has: ['"stop_sequences":["END"]'],
    lacks: ['"stop"'],
    note: /stop sequences left out/,
  },
  temperature: { request: { temperature: 1.6 }, has: ['"temperature":1'], note: /temperature set to 1/ },
  top_p: {
    request: { temperature: 0.5, top_p: 0.4 },
    has: ['"temperature":0.5'],
    lacks: ["top_p"],
    note: /top_p left out/,
  },
  top_k: { request: { temperature: 0.5, top_k: 7 }, has: ['"top_k":7'] },
  tools: {
    request: { tools: [functionTool()] },
    has: ['"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]'],
  },
  tool_choice: { request: { tools: [functionTool()], tool_choice: "required" }, has: ['"tool_choice":{"type":"any"}'] },
  parallel_tool_calls: {
    request: { tools: [functionTool()], parallel_tool_calls: false },
    has: ['"tool_choice":{"type":"auto","disable_parallel_tool_use":true}'],
    lacks: ["parallel_tool_calls"],
  },
  reasoning_effort: {
    request: { reasoning_effort: "xhigh", temperature: 0.3 },
    traits: adaptive,
    has: ['"thinking":{"type":"adaptive","display":"summarized"}', '"output_config":{"effort":"high"}'],
    lacks: ["temperature", "reasoning_effort"],
    note: /temperature left out: not beside thinking/,
  },
  thinking: {
    request: { max_tokens: 9_000, thinking: { type: "enabled", budget_tokens: 5_000 } },
    traits: { ...adaptive, thinkingRequest: { kind: "budget" } },
    has: ['"thinking":{"type":"enabled","budget_tokens":5000}'],
  },
  reasoning: {
    request: { reasoning: { effort: "low" } },
    traits: adaptive,
    has: ['"thinking":{"type":"adaptive","display":"summarized"}', '"output_config":{"effort":"low"}'],
    lacks: ['"reasoning"'],
  },
  response_format: {
    request: { response_format: { type: "json_schema", json_schema: { name: "x", schema } } },
    has: ['"format":{"type":"json_schema"', '"additionalProperties":false', '"description":"(minimum: 3)"'],
    lacks: ['"minimum"', "response_format"],
  },
  user: { request: { user: "u".repeat(300) }, has: [`"metadata":{"user_id":"${"u".repeat(256)}"}`] },
  safety_identifier: { request: { safety_identifier: "s" }, has: ['"metadata":{"user_id":"s"}'] },
  n: { request: { n: 2 } },
  functions: { request: { functions: [{ name: "f" }] } },
  function_call: { request: { function_call: { name: "f" } } },
  audio: { request: { audio: { voice: "x" } } },
  modalities: { request: { modalities: ["text", "audio"] } },
  logprobs: dropped("logprobs", true),
  top_logprobs: dropped("top_logprobs", 3),
  logit_bias: dropped("logit_bias", { "1": 2 }),
  presence_penalty: dropped("presence_penalty", 0.5),
  frequency_penalty: dropped("frequency_penalty", 0.5),
  seed: dropped("seed", 1),
  prediction: dropped("prediction", { type: "content", content: "x" }),
  store: dropped("store", true),
  metadata: dropped("metadata", { a: "b" }),
  service_tier: dropped("service_tier", "flex"),
  verbosity: dropped("verbosity", "low"),
  prompt_cache_key: dropped("prompt_cache_key", "k"),
  prompt_cache_retention: dropped("prompt_cache_retention", "24h"),
  prompt_cache_options: dropped("prompt_cache_options", { mode: "explicit" }),
  moderation: dropped("moderation", { model: "omni-moderation-latest" }),
  web_search_options: dropped("web_search_options", {}),

  "tools[].function.name": { request: { tools: [functionTool()] }, has: ['"name":"f"'] },
  "tools[].function.description": {
    request: { tools: [functionTool({ description: "d" })] },
    has: ['"description":"d"'],
  },
  "tools[].function.parameters": {
    request: { tools: [functionTool({ parameters: { anyOf: [schema], properties: schema["properties"] ?? null } })] },
    has: ['"input_schema":{"properties":{"a":', '"type":"object"'],
    lacks: ["anyOf", '"parameters"'],
    note: /choice at the top/,
  },
  "tools[].function.strict": {
    request: { tools: [functionTool({ strict: true })] },
    lacks: ["strict"],
    note: /strict/,
  },
  "tools[].cache_control": {
    request: { tools: [{ ...functionTool(), cache_control: { type: "ephemeral" } }] },
    has: ['"cache_control":{"type":"ephemeral"}'],
  },
  "tools[].type other than function": { request: { tools: [{ type: "custom", custom: { name: "c" } }] } },
  "no tools, but calls in the conversation": {
    request: talk(called, result),
    has: ['"tools":[{"name":"f"', '"tool_choice":{"type":"none"}'],
    note: /tools of earlier calls/,
  },

  "system, developer before all others": {
    request: { messages: [{ role: "system", content: "A" }, { role: "developer", content: "B" }, user] },
    has: ['"system":[{"type":"text","text":"A"},{"type":"text","text":"B"}]'],
  },
  "system, developer later": {
    request: talk(
      { role: "system", content: "S" },
      { role: "assistant", content: "ok" },
      { role: "system", content: "T" },
      user,
    ),
    has: [
      '{"role":"system","content":[{"type":"text","text":"S"}]}',
      '{"role":"user","content":[{"type":"text","text":"<system>\\nT\\n</system>"},{"type":"text","text":"Hi"}]}',
    ],
    note: /later system message/,
  },
  text: {
    request: part({ type: "text", text: "Hello", cache_control: { type: "ephemeral" } }),
    has: ['{"type":"text","text":"Hello","cache_control":{"type":"ephemeral"}}'],
  },
  image_url: {
    request: part({ type: "image_url", image_url: { url: "data:image/jpg;base64,QUJD", detail: "high" } }),
    has: ['{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"QUJD"}}'],
  },
  file: {
    request: part({ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,QUJD" } }),
    traits: { hasFiles: true },
    has: [
      '{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"QUJD"},"title":"a.pdf"}',
    ],
  },
  input_audio: { request: part({ type: "input_audio", input_audio: { data: "", format: "wav" } }) },
  refusal: {
    request: talk({ role: "assistant", content: null, refusal: "No." }, user),
    has: ['{"role":"assistant","content":[{"type":"text","text":"No."}]}'],
  },
  tool_calls: {
    request: talk(called, result),
    has: ['{"type":"tool_use","id":"call_1_e8b7b7b3","name":"f","input":{"a":1}}'],
  },
  "tool message": {
    request: talk({ ...called, tool_calls: [call, { ...call, id: "2" }] }, result, user, {
      ...result,
      tool_call_id: "2",
    }),
    has: [
      '{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1_e8b7b7b3","content":[{"type":"text","text":"done"}]},' +
        '{"type":"tool_result","tool_use_id":"2","content":[{"type":"text","text":"done"}]},{"type":"text","text":"Hi"}]}',
    ],
  },
  "tool message without its call": {
    request: talk(result),
    lacks: ["tool_result"],
    has: ['"text":"done"'],
    note: /without its call/,
  },
  "tool_calls without tool message": {
    request: talk(called, user),
    has: [
      '{"type":"tool_result","tool_use_id":"call_1_e8b7b7b3","is_error":true,"content":"The tool gave no result."},{"type":"text","text":"Hi"}',
    ],
    note: /error result/,
  },
  reasoning_details: {
    request: talk(
      {
        ...called,
        reasoning_details: [
          { type: "reasoning.text", text: "a", index: 0, provider: "target" },
          { type: "reasoning.text", text: "b", signature: "sig", index: 0, provider: "target" },
          { type: "reasoning.text", text: "unsigned", index: 1 },
          { type: "reasoning.text", text: "other", signature: "s", index: 2, provider: "other" },
          { type: "reasoning.encrypted", data: "enc", index: 3 },
        ],
      },
      result,
    ),
    has: [
      '"content":[{"type":"thinking","thinking":"ab","signature":"sig"},{"type":"redacted_thinking","data":"enc"},{"type":"tool_use"',
    ],
    lacks: ["unsigned", "other"],
  },
  "thinking and reference parts": {
    request: talk(
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
          { type: "text", text: "ok" },
          { type: "reference", reference_ids: [1] },
        ],
      },
      user,
    ),
    has: ['{"role":"assistant","content":[{"type":"text","text":"ok"}]}'],
    lacks: ["hm", "reference"],
  },
  reasoning_content: {
    request: talk({ role: "assistant", content: "ok", reasoning_content: "hm" }, user),
    lacks: ["hm"],
  },
  name: { request: { messages: [{ ...user, name: "Ann" }] }, lacks: ["Ann"], note: /names of messages/ },
  "function message": { request: talk({ role: "function", name: "f", content: "x" }) },
  "neighbours of one role": {
    request: talk(user),
    has: ['[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"Hi"}]}]'],
  },
  "assistant message without content": { request: talk({ role: "assistant", content: "" }), lacks: ["assistant"] },
  "assistant message at the end": {
    request: talk({ role: "assistant", content: "Sure: " }),
    traits: { hasPrefill: false },
    has: ['{"type":"text","text":"Continue."}'],
    note: /takes no prefill/,
  },
  "assistant message first": {
    request: { messages: [{ role: "assistant", content: "Hello" }, user] },
    has: ['"messages":[{"role":"user","content":[{"type":"text","text":"(continued)"}]},{"role":"assistant"'],
    note: /before the first answer/,
  },
  "only system messages": {
    request: { messages: [{ role: "system", content: "S" }] },
    has: ['{"role":"user","content":[{"type":"text","text":"S"}]}'],
    lacks: ['"system"'],
  },
};
