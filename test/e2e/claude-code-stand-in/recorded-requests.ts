/**
 * Requests in the shape in which Claude Code sends them: recorded from version 2.1.330 on loopback, then shortened.
 *
 * Names, order and nesting of the fields are the client's; texts are our own. What the client sends and a gateway
 * trips over is all here: the attribution block, cache marks, a system message in mid-conversation with its own
 * output_config, a deferred tool, an adaptive thinking that is left out, context management, 128,000 tokens of output.
 */
import type { JsonObject } from "../../../src/core/json/json.ts";

export interface ClientIdentity {
  readonly sessionId: string;
  readonly apiKey: string;
  /** Set for the calls of a subagent. */
  readonly agentId?: string;
}

const betas = [
  "claude-code-20250219",
  "interleaved-thinking-2025-05-14",
  "context-management-2025-06-27",
  "per-turn-control-2026-07-01",
  "mid-conversation-tool-changes-2026-07-01",
  "thinking-token-count-2026-05-13",
  "advanced-tool-use-2025-11-20",
  "effort-2025-11-24",
];
const countingBetas = [...betas.slice(0, 3), "token-counting-2024-11-01"];

/** The client's request headers. `isCounting`: for count_tokens. */
export function clientHeaders(identity: ClientIdentity, isCounting = false): Record<string, string> {
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "claude-cli/2.1.330 (external, sdk-cli)",
    "x-claude-code-session-id": identity.sessionId,
    "x-stainless-arch": "x64",
    "x-stainless-lang": "js",
    "x-stainless-os": "Linux",
    "x-stainless-package-version": "0.128.0",
    "x-stainless-retry-count": "0",
    "x-stainless-runtime": "node",
    "x-stainless-runtime-version": "v26.12.1",
    "anthropic-beta": (isCounting ? countingBetas : betas).join(","),
    "anthropic-dangerous-direct-browser-access": "true",
    "anthropic-version": "2023-06-01",
    "x-api-key": identity.apiKey,
    "x-app": "cli",
    "accept-encoding": "gzip, deflate, br, zstd",
  };
  if (!isCounting) headers["x-stainless-timeout"] = "600";
  if (identity.agentId !== undefined) headers["x-claude-code-agent-id"] = identity.agentId;
  return headers;
}

const mark: JsonObject = { type: "ephemeral" };

/** Long enough to be cached: the client's own system prompt has about 7,000 characters. */
const guidance = `\nYou work with the user towards their goals.\n${"Read before you change, and say what you did. ".repeat(150)}`;

/** The first user message that the client sends, and the system message that follows it. */
export function openingMessages(prompt: string): JsonObject[] {
  return [
    {
      role: "user",
      content: [
        { type: "text", text: "<system-reminder>\nSign commits as the user asks.\n</system-reminder>" },
        { type: "text", text: prompt },
      ],
    },
    { role: "system", content: environmentText, output_config: { effort: "medium" } },
  ];
}

const environmentText = `# Environment\n - Working directory: /tmp/project\n - Platform: linux\n - Shell: bash\n\nDeferred tools: WebFetch, WebSearch, NotebookEdit.\n${"- A skill that could be used here.\n".repeat(60)}`;

/** A request for the next answer in a conversation. The last message carries the cache mark, as the client sets it. */
export function messagesRequest(identity: ClientIdentity, model: string, messages: readonly JsonObject[]): JsonObject {
  const subagent = identity.agentId === undefined ? "" : " cc_is_subagent=true;";
  return {
    model,
    messages: markLast(messages),
    system: [
      { type: "text", text: `x-anthropic-billing-header: cc_version=2.1.330.f09; cc_entrypoint=sdk-cli;${subagent}` },
      { type: "text", text: "You are an agent for software work.", cache_control: mark },
      { type: "text", text: guidance, cache_control: mark },
    ],
    tools,
    metadata: {
      user_id: JSON.stringify({ device_id: "0".repeat(64), account_uuid: "", session_id: identity.sessionId }),
    },
    max_tokens: 128_000,
    thinking: { type: "adaptive", display: "omitted" },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    output_config: { effort: "medium" },
    stream: true,
  };
}

/** The requests of the burst that sizes up system prompt and tools: one text alone, or one tool with a stub. */
export function countRequests(model: string): JsonObject[] {
  const texts = ["foo", guidance, environmentText].map((content) => ({
    model,
    messages: [{ role: "user", content }],
    tools: [],
  }));
  // The deferred ones are not counted: their field would need a beta header that these requests do not carry.
  const counted = tools.filter((tool) => tool["defer_loading"] === undefined);
  const declared = counted.map((tool) => ({ model, messages: [{ role: "user", content: "foo" }], tools: [tool] }));
  return [...texts, ...declared];
}

/** The last message with a cache mark on its last block; a text alone becomes a block for it. */
function markLast(messages: readonly JsonObject[]): JsonObject[] {
  const last = messages.at(-1);
  if (last === undefined) return [];
  const content = last["content"];
  const blocks = Array.isArray(content) ? content : [{ type: "text", text: content }];
  const marked = blocks.map((block, index) =>
    index === blocks.length - 1 ? { ...(block as JsonObject), cache_control: mark } : block,
  );
  return [...messages.slice(0, -1), { ...last, content: marked }];
}

function tool(name: string, description: string, properties: JsonObject, required: readonly string[]): JsonObject {
  return {
    name,
    description,
    input_schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties,
      required: [...required],
      additionalProperties: false,
    },
  };
}

const text = (description: string): JsonObject => ({ description, type: "string" });

const tools: JsonObject[] = [
  tool(
    "Agent",
    "Starts an agent for a task of several steps.",
    {
      description: text("Three to five words"),
      prompt: text("The task"),
      subagent_type: text("The kind of agent"),
      model: { ...text("In place of the default"), enum: ["sonnet", "opus", "haiku", "fable"] },
      run_in_background: { description: "Without waiting", type: "boolean" },
    },
    ["description", "prompt"],
  ),
  tool(
    "Bash",
    "Runs a bash command and returns its output.",
    {
      command: text("The command"),
      timeout: { description: "In milliseconds", type: "number" },
      description: text("What the command does"),
      run_in_background: { description: "Without waiting", type: "boolean" },
    },
    ["command"],
  ),
  tool(
    "Edit",
    "Replaces a text in a file.",
    {
      file_path: text("Absolute path"),
      old_string: text("What is there"),
      new_string: text("What shall be there"),
      replace_all: { description: "Every occurrence", default: false, type: "boolean" },
    },
    ["file_path", "old_string", "new_string"],
  ),
  tool(
    "Read",
    "Reads a file.",
    {
      file_path: text("Absolute path"),
      offset: { description: "First line", type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      limit: { description: "Lines", type: "integer", exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    },
    ["file_path"],
  ),
  tool(
    "ReportFindings",
    "Reports findings of a review.",
    {
      findings: {
        description: "The findings",
        maxItems: 32,
        type: "array",
        items: {
          type: "object",
          properties: { file: text("Path"), summary: { ...text("One sentence"), maxLength: 60 } },
          required: ["file", "summary"],
          additionalProperties: false,
        },
      },
    },
    ["findings"],
  ),
  {
    name: "DeferredToolPlaceholder",
    description: "Keeps deferred loading on; never to be called.",
    input_schema: { type: "object", properties: {} },
    defer_loading: true,
  },
];
