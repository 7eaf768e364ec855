/** docs/cli.md: the help of every command, as the program prints it. */
import type { Command } from "commander";
import { createProgram } from "./program.ts";

const width = 110;

const head = `# Command line

<!-- Generated from src/cli/program.ts: UPDATE=1 npm test -- src/cli/cli-page.test.ts -->

Every command that prints facts prints them as JSON with \`--json\`. Colours are for terminals only, and never with \`NO_COLOR\`.
Answers go to standard output, notes, errors and how far long work is to standard error; a failure with \`--json\` is also a document on standard output:
\`{"error": {"message": …, "remedy": …}}\`.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | it did not work: the message says why, and what to do; also \`ccr status\` with no running router, \`ccr validate-config\` with errors |
| 2 | the command line makes no sense, or this Node.js cannot run it |
| 0, 1, 2 | \`ccr doctor\`, \`investigate\`, \`preflight\` and \`providers check\`: fine; warning; critical, or nothing could be judged |
| other | \`ccr code\` answers Claude Code's own |

A router in the background leaves two files in the state folder (\`$CCR_HOME\`, else \`$XDG_STATE_HOME/ccr\`, else \`~/.ccr\`): \`router.json\`
(process, address, configuration; removed when it ends; one of a dead process, or whose pid another program has by now, counts as
none) and \`logs/router.log\` (beyond 10 MB it is copied to \`router.log.1\` and emptied). There is
at most one router for a state folder. \`SIGTERM\` and \`SIGINT\` let running calls finish (a second one ends at once; \`ccr stop\` sends none, \`ccr start\` waits until they are over), \`SIGHUP\` reads the configuration again.
`;

/** The whole page. */
export function renderCliPage(): string {
  const program = createProgram(() => Promise.resolve());
  return [head, ...withSubcommands(program).map(renderCommand)].join("\n");
}

function withSubcommands(command: Command): readonly Command[] {
  const inner = command.commands.filter((one) => one.name() !== "help");
  return [command, ...inner.flatMap(withSubcommands)];
}

function renderCommand(command: Command): string {
  command.configureOutput({ getOutHelpWidth: () => width, getOutHasColors: () => false });
  return `## ${pathOf(command)}\n\n\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\`\n`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
