/**
 * Requests in the shape of Claude Code's, from 1 KB to 30 MB, and the provider's answers to them.
 *
 * Field order and headers are those of the real client: `model` first, `stream` last, a session id in the metadata.
 */

/** Headers that Claude Code sends besides credentials. */
export const clientHeaders: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "claude-cli/2.1.330 (external, cli)",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
  "x-app": "cli",
  "x-claude-code-session-id": "5f0c1f0e-3d5e-4f57-9d3a-0d3c5a6f7b11",
  "x-stainless-lang": "js",
  "x-stainless-runtime": "node",
};

const metadata = {
  user_id: JSON.stringify({
    device_id: "d".repeat(24),
    account_uuid: "",
    session_id: "5f0c1f0e-3d5e-4f57-9d3a-0d3c5a6f7b11",
  }),
};

const fileText = 'export function add(a: number, b: number): number {\n\treturn a + b; // "sum"\n}\n';

/** A `/v1/messages` body of about `bytes` bytes: a conversation of tool calls and their results. */
export function messagesBody(model: string, bytes: number, isStreamed: boolean): string {
  const messages: unknown[] = [{ role: "user", content: [{ type: "text", text: "Read the files and sum them up." }] }];
  const build = (): string =>
    JSON.stringify({
      model,
      messages,
      system: [{ type: "text", text: "You are a careful engineer.", cache_control: { type: "ephemeral" } }],
      ...(bytes > 4_000 ? { tools: [readTool] } : {}),
      metadata,
      max_tokens: 32_000,
      stream: isStreamed,
    });
  let missing = bytes - build().length;
  for (let turn = 0; missing > 0; turn++) {
    const id = `toolu_${String(turn).padStart(24, "0")}`;
    const room = Math.min(missing, 20_000);
    if (room < 500) {
      messages.push({ role: "user", content: "x".repeat(Math.max(0, room - 28)) });
      break;
    }
    const call = {
      role: "assistant",
      content: [{ type: "tool_use", id, name: "Read", input: { path: `src/${turn}.ts` } }],
    };
    const before = JSON.stringify(call).length + 140;
    const result = fileText.repeat(Math.max(1, Math.floor((room - before) / (JSON.stringify(fileText).length - 2))));
    const answer = { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: result }] };
    messages.push(call, answer);
    missing -= JSON.stringify(call).length + JSON.stringify(answer).length + 2;
  }
  return build();
}

const readTool = {
  name: "Read",
  description: "Reads a file from the local file system.",
  input_schema: {
    type: "object",
    properties: { path: { type: "string" } },
    required: ["path"],
    additionalProperties: false,
  },
};

/** A whole answer in Anthropic's shape. */
export const messagesAnswer: string = JSON.stringify({
  id: "msg_01BenchAnswer000000000000",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content: [{ type: "text", text: "The files hold three functions; each adds two numbers. ".repeat(6) }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 212, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 78 },
});

/** The same answer in OpenAI's shape. */
export const chatAnswer: string = JSON.stringify({
  id: "chatcmpl-BenchAnswer",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "gpt-5",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "The files hold three functions; each adds two numbers. ".repeat(6) },
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 212, completion_tokens: 78, total_tokens: 290 },
});
