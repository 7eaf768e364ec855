/** Runs the installed Claude Code once, in print mode, in a home and folder of its own. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { toJsonObject } from "../../../src/core/json/json.ts";
import { textOrJson } from "../../../src/simulation/text-or-json.ts";
import { createTemporaryFolder } from "../../kit/temporary-folder.ts";
import type { CleansUp } from "../../kit/temporary-folder.ts";

export interface ClaudeCodeRun {
  /** The text that the user reads. */
  readonly result: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly turns: number;
}

/** Path of the client's program as CCR_CLAUDE_CLI names it; null where it names none. */
export function claudeCodeProgram(): string | null {
  const program = process.env["CCR_CLAUDE_CLI"];
  return program !== undefined && existsSync(program) ? program : null;
}

export interface ClaudeCodeOptions {
  readonly baseUrl: string;
  readonly prompt: string;
  readonly model?: string;
  readonly apiKey?: string;
}

/** Runs it against `baseUrl`, and nothing else: its side traffic is off. Rejects with its output if it fails. */
export async function runClaudeCode(t: CleansUp, options: ClaudeCodeOptions): Promise<ClaudeCodeRun> {
  const { code, output, errors } = await run(t, options);
  if (code !== 0) throw new Error(`Claude Code ended with ${code}:\n${output}\n${errors}`);
  const answer = toJsonObject(JSON.parse(output));
  const usage = toJsonObject(answer["usage"]);
  return {
    result: textOrJson(answer["result"]),
    inputTokens: Number(usage["input_tokens"]),
    outputTokens: Number(usage["output_tokens"]),
    cacheReadTokens: Number(usage["cache_read_input_tokens"]),
    turns: Number(answer["num_turns"]),
  };
}

/** The sentence with which it fails. Rejects if it does not fail. */
export async function failClaudeCode(t: CleansUp, options: ClaudeCodeOptions): Promise<string> {
  const { code, output } = await run(t, options);
  if (code === 0) throw new Error(`Claude Code did not fail:\n${output}`);
  return textOrJson(toJsonObject(JSON.parse(output))["result"]);
}

async function run(
  t: CleansUp,
  options: ClaudeCodeOptions,
): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  const program = claudeCodeProgram();
  if (program === null) throw new Error("CCR_CLAUDE_CLI names no installed Claude Code");
  const home = createTemporaryFolder(t);
  const model = options.model === undefined ? [] : ["--model", options.model];
  const child = spawn(program, ["-p", options.prompt, "--allowedTools", "Bash", "--output-format", "json", ...model], {
    cwd: createTemporaryFolder(t),
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      ANTHROPIC_BASE_URL: options.baseUrl,
      ANTHROPIC_API_KEY: options.apiKey ?? "sk-ant-stand-in",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      IS_SANDBOX: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output, errors };
}
