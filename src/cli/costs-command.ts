/** `ccr costs` on the command line. */
import { Option } from "commander";
import type { Command } from "commander";
import { jsonOption, urlOption } from "./arguments/command-options.ts";
import type { Runner } from "./arguments/command-options.ts";

export function addCostsCommand(program: Command, run: Runner): void {
  const costs = program
    .command("costs")
    .description("tell who spent how much on what, what was saved, and what to do (admin key: CCR_ADMIN_KEY)")
    .helpCommand(true)
    .option("--by <what>", "user, team, model, provider, session or day (else the whole report)")
    .option("--from <time>", "day or instant (UTC; else seven days ago)")
    .option("--to <time>", "day (its end) or instant (else now)")
    .option("-n, --limit <count>", "lines of each table (else 50, in the whole report 10, of JSON and CSV 10000)")
    .option(...urlOption)
    .option(...jsonOption)
    .addOption(new Option("--csv", "print CSV").conflicts("json"))
    .action((options) => run(async (context) => (await import("./commands/costs.ts")).report(context, options)));
  costs
    .command("reprice")
    .description("compute what past calls cost under the price book as it is now; tells the difference")
    .option("--from <time>", "day or instant")
    .option("--to <time>", "day (its end) or instant")
    .option("--provider <name>", "only calls that this provider served")
    .option("--model <name>", "only calls that this model served")
    .option("--write", "write the corrections")
    .option(...urlOption)
    .option(...jsonOption)
    .action((_options, command: Command) =>
      run(async (context) => (await import("./commands/costs.ts")).reprice(context, command.optsWithGlobals())),
    );
}
