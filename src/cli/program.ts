/** The command line: every command with its options, in the order of the help. Each is loaded when it is called. */
import { Command } from "commander";
import { addCacheCommand } from "./cache-command.ts";
import { addCostsCommand } from "./costs-command.ts";
import { addKeysCommand } from "./keys-command.ts";
import { programVersion } from "../core/version.ts";
import {
  checkedConfigOption,
  configOption,
  jsonOption,
  portOption,
  runningConfigOption,
  urlOption,
} from "./arguments/command-options.ts";
import type { Runner } from "./arguments/command-options.ts";
import { helpFoot, helpLayout } from "./output/help-layout.ts";
import { addLedgerCommand } from "./ledger-command.ts";
import { addOperateCommands } from "./operate-commands.ts";

export function createProgram(run: Runner): Command {
  const program = new Command("ccr")
    .description(
      "Claude Code Router: one endpoint between Claude Code, or any Anthropic or OpenAI client, and the model providers.",
    )
    .version(programVersion(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .configureHelp({ ...helpLayout, subcommandTerm })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "ccr: ")) })
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      helpFoot(
        `Exit codes: 0 done, 1 it did not work (the message says why), 2 the command line makes no sense.
Environment: CCR_HOME (state folder), CCR_CONFIG, CCR_HOST, CCR_PORT, CCR_LOG_LEVEL, CCR_API_KEY (your key at a router that has keys), CCR_ADMIN_KEY (the operators' key), CCR_DEBUG=1 (stack traces), NO_COLOR. Variables of a .env file in the working folder count too.`,
      ),
    );
  addRunCommands(program.commandsGroup("Run:"), run);
  addUseCommands(program.commandsGroup("Use:"), run);
  addConfigureCommands(program.commandsGroup("Configure:"), run);
  addKeysCommand(program, run);
  addOperateCommands(program.commandsGroup("Operate:"), run);
  addLedgerCommand(program.commandsGroup("Operate:"), run);
  addOpsCommands(program.commandsGroup("Operate:"), run);
  addVersionCommand(program.commandsGroup("Other:"), run);
  hintAtHelp(program, "ccr");
  return program;
}

/** After what is wrong with a command line stands where it is told how it goes. */
function hintAtHelp(command: Command, words: string): void {
  command.showHelpAfterError(`     \`${words} --help\` shows how it goes`);
  for (const one of command.commands) hintAtHelp(one, `${words} ${one.name()}`);
}

/** Without `[options]`, which all have: in a terminal of 80 columns there is room for what a command does. */
function subcommandTerm(command: Command): string {
  const names = command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`));
  return [command.name(), ...names].join(" ");
}

function addRunCommands(program: Command, run: Runner): void {
  program
    .command("start")
    .description(
      "start the router in the background; without a file it takes the providers whose keys the environment holds",
    )
    .option(...configOption)
    .option("--host <address>", "address to listen on")
    .option(...portOption)
    .option("-f, --foreground", "serve in this process and log to the terminal")
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/start.ts")).run(context, options)));
  program
    .command("stop")
    .description("stop the router; running calls finish first")
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/stop.ts")).run(context, options)));
  program
    .command("restart")
    .description("check the configuration, stop the router, start it anew")
    .option(...runningConfigOption)
    .option("--host <address>", "address to listen on")
    .option(...portOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/restart.ts")).run(context, options)));
  program
    .command("status")
    .description("tell whether the router runs and answers (exit code 1 if not)")
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/status.ts")).run(context, options)));
  program
    .command("logs")
    .description("print the log of the router in the background")
    .option("-f, --follow", "go on printing what is added")
    .option("-n, --lines <count>", "lines from the end", "100")
    .action((options) => run(async (context) => (await import("./commands/logs.ts")).run(context, options)));
  program
    .command("monitor")
    .description("run Prometheus, Alertmanager and the exporters that are installed around the router, until Ctrl-C")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/monitor.ts")).run(context, options)));
  program
    .command("demo")
    .description("try it without any key: simulated providers, the router and sample traffic, in one process")
    .option(...portOption, "3456")
    .option("--no-traffic", "only serve; no sample traffic")
    .option("--monitoring", "with Prometheus, Alertmanager and exporters around it, as far as they are installed")
    .action((options) => run(async (context) => (await import("./commands/demo.ts")).run(context, options)));
}

function addUseCommands(program: Command, run: Runner): void {
  program
    .command("code")
    .description("run Claude Code through the router, which is started if needed; all arguments go to `claude`")
    .argument("[arguments...]", "arguments of `claude`")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((args: string[]) => run(async (context) => (await import("./commands/code.ts")).run(context, args)));
  program
    .command("env")
    .description('print the variables for clients, for example: eval "$(ccr env)"')
    .option(...runningConfigOption)
    .option("-s, --shell <name>", "sh, bash, zsh, fish or powershell (else the shell of the environment)")
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/env.ts")).run(context, options)));
  program
    .command("models")
    .description("list the models of the running router")
    .option(...urlOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/models.ts")).run(context, options)));
  addCostsCommand(program, run);
  addCacheCommand(program, run);
  program
    .command("statusline")
    .description(
      "print a line for Claude Code's status line: the session's cost, today against the budget, what answered last, cache share",
    )
    // main.ts runs it before anything else is loaded; here it stands for the help.
    .action(() => undefined);
}

function addConfigureCommands(program: Command, run: Runner): void {
  program
    .command("init")
    .description("write a commented ccr.yaml, by asking")
    .option("-o, --output <file>", "file to write", "ccr.yaml")
    .option(
      "-y, --yes",
      "ask nothing: take the providers whose keys the environment holds, and an Ollama on this machine",
    )
    .option("--force", "replace the file if it exists, keeping a copy")
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/init.ts")).run(context, options)));
  program
    .command("import")
    .description("write a ccr.yaml from the config.json of claude-code-router 1.x or 2.x")
    .argument("[file]", "file to take over (else ~/.claude-code-router/config.json)")
    .option("-o, --output <file>", "file to write", "ccr.yaml")
    .option("--dry-run", "print the result, write nothing")
    .option("--force", "replace the file if it exists, keeping a copy")
    .option(...jsonOption)
    .action((file: string | undefined, options) =>
      run(async (context) => (await import("./commands/import.ts")).run(context, file, options)),
    );
  program
    .command("validate-config")
    .description("check the configuration; list everything that is wrong")
    .argument("[file]", "file to check (else as with `--config`)")
    .option(...checkedConfigOption)
    .option(...jsonOption)
    .action((file: string | undefined, options) =>
      run(async (context) => (await import("./commands/validate-config.ts")).run(context, file, options)),
    );
  program
    .command("explain")
    .description("tell where a request would go, and why; sends nothing")
    .option("-m, --model <name>", "model that is asked for (else the body's)")
    .option("--file <file>", "request body as JSON (`-`: standard input)")
    .option("-H, --header <header>", "request header `name: value`; may be repeated", collect, [])
    .option(...checkedConfigOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/explain.ts")).run(context, options)));
}

function addOpsCommands(program: Command, run: Runner): void {
  const ops = program.command("ops").description("make the files of Prometheus, Alertmanager and Grafana");
  ops
    .command("build")
    .description("write alert rules, routes and dashboards with the thresholds and addresses of the configuration")
    .option("-o, --output <folder>", "folder to write to", "ops")
    .option(...checkedConfigOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/ops.ts")).build(context, options)));
}

function addVersionCommand(program: Command, run: Runner): void {
  program
    .command("version")
    .description("print the versions of ccr and Node.js")
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/version.ts")).run(context, options)));
  program.helpCommand(false);
  program
    .command("help")
    .argument("[command...]")
    .description("print help for a command")
    .action((names: readonly string[]) => names.reduce(subcommandOf, program).help());
}

/** Ends the program with the words of a wrong command line where there is no such command. */
function subcommandOf(parent: Command, name: string): Command {
  const found = parent.commands.find((one) => one.name() === name);
  return found ?? parent.error(`ccr: unknown command '${name}'`);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
