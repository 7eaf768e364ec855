/** `ccr cache` on the command line. */
import type { Command } from "commander";
import { jsonOption, urlOption } from "./arguments/command-options.ts";
import type { Runner } from "./arguments/command-options.ts";

export function addCacheCommand(program: Command, run: Runner): void {
  const cache = program
    .command("cache")
    .description("look at the answer cache, or clear it (admin key: CCR_ADMIN_KEY)");
  cache
    .command("stats")
    .description("tell what it serves, holds and saves, level by level")
    .option(...urlOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/cache.ts")).stats(context, options)));
  cache
    .command("clear")
    .description("drop answers: all, or those of a model, of a user, or of both together")
    .option("-m, --model <name>", "asked for, answering, or as provider/model")
    .option("-u, --user <name>", "whose call brought the answer")
    .option(...urlOption)
    .option(...jsonOption)
    .action((options) => run(async (context) => (await import("./commands/cache.ts")).clear(context, options)));
}
