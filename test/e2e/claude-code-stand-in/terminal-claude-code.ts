/** The installed Claude Code in a terminal of its own (tmux), as a person has it: keys go in, the screen comes out. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder } from "../../kit/temporary-folder.ts";
import type { CleansUp } from "../../kit/temporary-folder.ts";
import { waitUntil } from "../../kit/wait-until.ts";
import { claudeCodeProgram } from "./run-claude-code.ts";

export interface TerminalClaudeCode {
  /** Lines that hold anything. */
  screen(): string;
  /** Resolves when the screen shows it. */
  shows(what: RegExp): Promise<void>;
  /** Types a prompt and sends it. */
  ask(prompt: string): Promise<void>;
  /** A key by tmux's name for it. */
  press(key: string): void;
}

/** Why the client cannot run in a terminal here; false if it can. */
export function terminalSkipReason(): string | false {
  if (claudeCodeProgram() === null) return "optional: CCR_CLAUDE_CLI names no installed Claude Code";
  return spawnSync("tmux", ["-V"]).status === 0 ? false : "optional: tmux is not installed";
}

export interface TerminalOptions {
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Variables besides those that every run needs. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Arguments of the client. */
  readonly args?: readonly string[];
  /** Settings of the client; with these it has neither address nor key and waits for `/login`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts it before `baseUrl`, past its first questions, and waits until it takes a prompt. Ends with the test. */
export async function startClaudeCodeInTerminal(
  t: CleansUp,
  { baseUrl, apiKey = "sk-ant-stand-in-0123456789abcdef", variables: more = {}, args = [], settings }: TerminalOptions,
): Promise<TerminalClaudeCode> {
  const home = createTemporaryFolder(t);
  const folder = join(home, "work");
  mkdirSync(folder);
  const answered = {
    hasCompletedOnboarding: true,
    theme: "dark",
    customApiKeyResponses: { approved: [apiKey.slice(-20)], rejected: [] },
    projects: { [folder]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  };
  writeFileSync(join(home, ".claude.json"), JSON.stringify(answered));
  if (settings !== undefined) {
    mkdirSync(join(home, ".claude"));
    writeFileSync(join(home, ".claude", "settings.json"), JSON.stringify(settings));
  }
  const environment = {
    HOME: home,
    ...(settings === undefined && { ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_API_KEY: apiKey }),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    IS_SANDBOX: "1",
    ...more,
  };
  const socket = join(home, "tmux");
  const tmux = (...args: readonly string[]): string =>
    spawnSync("tmux", ["-S", socket, ...args], { encoding: "utf8" }).stdout;
  const variables = Object.entries(environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  tmux("new-session", "-d", "-x", "160", "-y", "50", "-c", folder, ...variables, claudeCodeProgram() ?? "", ...args);
  // By its number: the folder with its socket may be gone first.
  const server = Number(tmux("display-message", "-p", "#{pid}"));
  t.after(() => void process.kill(server));
  const screen = (): string =>
    tmux("capture-pane", "-p")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .join("\n");
  const shows = async (what: RegExp): Promise<void> => {
    try {
      await waitUntil(`the screen shows ${what}`, () => what.test(screen()), 20_000);
    } catch (cause) {
      throw new Error(`The screen does not show ${what}:\n${screen()}`, { cause });
    }
  };
  await shows(/❯/);
  return {
    screen,
    shows,
    ask: async (prompt) => {
      tmux("send-keys", "-l", prompt);
      await shows(new RegExp(prompt.slice(0, 20)));
      tmux("send-keys", "Enter");
    },
    press: (key) => void tmux("send-keys", key),
  };
}
