/** People whose work the sample traffic imitates. */

export interface SampleUser {
  readonly name: string;
  readonly team: string;
  /** Sent as `x-api-key`; the router knows the user by it. Null: none is sent. */
  readonly apiKey: string | null;
  /** Models they ask for in turn. */
  readonly models: readonly [string, ...string[]];
  /** Their client: Claude Code, or one that speaks OpenAI's dialect. */
  readonly client: "claude-code" | "openai-sdk";
}

/** Five people in three teams. Their keys are names of the demonstration, no secrets. */
export const sampleUsers: readonly SampleUser[] = [
  user("ana", "platform", "claude-code", ["claude-sonnet-5-5", "claude-opus-5-5"]),
  user("bo", "platform", "claude-code", ["claude-sonnet-5"]),
  user("chen", "mobile", "claude-code", ["claude-opus-5-5", "claude-sonnet-5-5"]),
  user("dana", "mobile", "claude-code", ["claude-haiku-5-5", "deepseek/deepseek-flash"]),
  user("eli", "data", "openai-sdk", ["openai/gpt-6-luna", "groq/openai/gpt-oss-120b", "openai/gpt-5.4-mini"]),
];

function user(name: string, team: string, client: SampleUser["client"], models: SampleUser["models"]): SampleUser {
  return { name, team, client, models, apiKey: `ccr-demo-${name}` };
}
