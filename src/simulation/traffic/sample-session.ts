/**
 * One person's conversation in the sample traffic: what is asked next, and how the answers make it grow.
 *
 * It builds requests and takes in answers; sending is sample-traffic.ts's.
 */
import { toJsonObject } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { pickInteger, pickOne, pickUuid } from "../random.ts";
import type { Random } from "../random.ts";
import type { SampleUser } from "./sample-users.ts";
import { textOrJson } from "../text-or-json.ts";

export interface SampleRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

const questions: readonly [string, ...string[]] = [
  "Why does the login test fail on the second run?",
  "Rename the config loader and fix what that breaks.",
  "Explain what the retry loop does when the socket closes early.",
  "Write a test for the empty list case.",
  "Is there a simpler way to parse these dates?",
  "Summarise the last three commits.",
  "Find out why memory grows overnight.",
  "Make the error message name the file.",
];

const commands: readonly [string, ...string[]] = ["git status", "npm test", "ls src", "cat package.json", "git log -3"];

const project = "The project is a service of forty modules with tests beside them. ".repeat(70);
const tools: readonly JsonObject[] = ["Bash", "Read", "Edit"].map((name) => ({
  name,
  description: `${name} a file or command of the project.`,
  input_schema: {
    type: "object",
    properties: { command: { type: "string" }, file_path: { type: "string" } },
    required: name === "Bash" ? ["command"] : ["file_path"],
  },
}));

export class SampleSession {
  readonly user: SampleUser;
  readonly #model: string;
  readonly #id: string;
  readonly #random: Random;
  readonly #messages: JsonObject[] = [];
  #turns = 0;

  constructor(user: SampleUser, random: Random) {
    this.user = user;
    this.#random = random;
    this.#model = pickOne(random, user.models);
    this.#id = pickUuid(random);
  }

  /** Whether the person would start afresh now. */
  isLong(): boolean {
    return this.#turns >= 8;
  }

  /** The request for a new question. Every third one wants tools used. */
  ask(): SampleRequest {
    this.#turns++;
    const question = pickOne(this.#random, questions);
    const wantsTool = pickInteger(this.#random, 1, 3) === 1 && this.user.client === "claude-code";
    const call = `[[tool:Bash ${JSON.stringify({ command: pickOne(this.#random, commands) })}]]`;
    this.#messages.push({ role: "user", content: wantsTool ? `${question} ${call}` : question });
    return this.#toRequest();
  }

  /** Takes in an answer; the request that follows it at once (results of its tool calls), if one does. */
  take(content: readonly JsonObject[]): SampleRequest | null {
    if (content.length === 0) {
      this.drop();
      return null;
    }
    this.#messages.push({ role: "assistant", content: [...content] });
    const calls = content.filter((block) => block["type"] === "tool_use");
    if (calls.length === 0) return null;
    this.#messages.push({ role: "user", content: calls.map((call) => toResult(call)) });
    return this.#toRequest();
  }

  /** Takes in the text of an answer in the OpenAI dialect. */
  takeText(text: string): void {
    if (text === "") this.drop();
    else this.#messages.push({ role: "assistant", content: text });
  }

  /** Forgets everything: the last question got no answer, and the next request must not repeat it. */
  drop(): void {
    this.#messages.length = 0;
    this.#turns = 0;
  }

  /** A small call that the client makes by itself: a title for the session. */
  toBackgroundRequest(): SampleRequest {
    const body = {
      model: "claude-haiku-4-5",
      max_tokens: 64,
      messages: [{ role: "user", content: "Write a title of at most five words for this session. [[tokens:6]]" }],
      metadata: this.#metadata(),
    };
    return { path: "/v1/messages?beta=true", headers: { ...this.#headers(), "x-app": "cli-bg" }, body };
  }

  /** The client asks how many tokens its tools and system prompt are. */
  toCountRequest(): SampleRequest {
    const { model, system, tools: declared } = this.#anthropicBody();
    const body: JsonObject = { model, system, tools: declared, messages: [{ role: "user", content: "count" }] };
    return { path: "/v1/messages/count_tokens?beta=true", headers: this.#headers(), body };
  }

  /** A request that no provider can serve. */
  toMistakenRequest(): SampleRequest {
    const body = { ...this.toBackgroundRequest().body, max_tokens: -1 };
    return { path: "/v1/messages?beta=true", headers: this.#headers(), body };
  }

  #toRequest(): SampleRequest {
    if (this.user.client === "openai-sdk") {
      const messages = [{ role: "system", content: project }, ...this.#messages];
      const body = { model: this.#model, stream: true, stream_options: { include_usage: true }, messages };
      return { path: "/v1/chat/completions", headers: this.#headers(), body };
    }
    return { path: "/v1/messages?beta=true", headers: this.#headers(), body: this.#anthropicBody() };
  }

  #anthropicBody(): JsonObject {
    return {
      model: this.#model,
      max_tokens: 32_000,
      stream: true,
      system: [{ type: "text", text: project, cache_control: { type: "ephemeral" } }],
      tools: [...tools],
      messages: withCacheMark(this.#messages),
      metadata: this.#metadata(),
    };
  }

  #metadata(): JsonObject {
    return { user_id: JSON.stringify({ device_id: this.user.name, account_uuid: "", session_id: this.#id }) };
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.user.apiKey !== null) headers["x-api-key"] = this.user.apiKey;
    if (this.user.client === "openai-sdk") return headers;
    headers["anthropic-version"] = "2023-06-01";
    headers["x-claude-code-session-id"] = this.#id;
    headers["x-app"] = "cli";
    return headers;
  }
}

function toResult(call: JsonObject): JsonObject {
  const command = textOrJson(toJsonObject(call["input"])["command"]);
  return { type: "tool_result", tool_use_id: textOrJson(call["id"]), content: `$ ${command}\nok, 3 lines changed` };
}

/** The last message marked for the prompt cache, as the client does. */
function withCacheMark(messages: readonly JsonObject[]): JsonObject[] {
  const last = messages.at(-1);
  if (last === undefined || last["role"] !== "user") return [...messages];
  const content = last["content"];
  const blocks = Array.isArray(content) ? content.map(toJsonObject) : [{ type: "text", text: textOrJson(content) }];
  const marked = blocks.map((block, index) =>
    index === blocks.length - 1 ? { ...block, cache_control: { type: "ephemeral" } } : block,
  );
  return [...messages.slice(0, -1), { ...last, content: marked }];
}
