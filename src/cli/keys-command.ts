/** `ccr keys` on the command line. */
import type { Command } from "commander";
import { jsonOption, runningConfigOption } from "./arguments/command-options.ts";
import type { Runner } from "./arguments/command-options.ts";

export function addKeysCommand(program: Command, run: Runner): void {
  const keys = program.command("keys").description("make, list and revoke the keys of callers");
  keys
    .command("create")
    .description("make a key, and print it once")
    .option("-u, --user <name>", "whose it is")
    .option("-t, --team <name>", "team, for rules, budgets and reports")
    .option("--tier <name>", "tier, for rules and budgets (else standard)")
    .option("--models <names>", "models or `*` patterns it may ask for, with commas (else all)")
    .option("--expires <when>", "span or day, such as 30d or 2027-01-31 (else never)")
    .option("--rpm <count>", "requests a minute")
    .option("--tpm <count>", "tokens a minute")
    .option("--concurrency <count>", "calls at once")
    .option("--admin", "a key for the operators' API")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/keys.ts")).create(context, options)));
  keys
    .command("list")
    .description("list all keys; never the keys themselves")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/keys.ts")).list(context, options)));
  keys
    .command("revoke")
    .description("refuse a key from now on")
    .argument("<id>", "its id, as `ccr keys list` shows it")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((id: string, options) =>
      run(async (context) => (await import("./commands/keys.ts")).revoke(context, id, options)),
    );
}
