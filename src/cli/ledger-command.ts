/** `ccr ledger` on the command line. */
import type { Command } from "commander";
import { configOption, jsonOption, runningConfigOption } from "./arguments/command-options.ts";
import type { Runner } from "./arguments/command-options.ts";

export function addLedgerCommand(program: Command, run: Runner): void {
  const ledger = program.command("ledger").description("copy the account of all calls, and put a copy back");
  ledger
    .command("backup")
    .description("copy the ledger to a new file, while the router runs (PostgreSQL: by pg_dump)")
    .argument("<file>", "file to write")
    .option(...runningConfigOption)
    .option(...jsonOption)
    .action((file, options) =>
      run(async (context) => (await import("./commands/ledger.ts")).backup(context, file, options)),
    );
  ledger
    .command("restore")
    .description("put a copy in the ledger's place; no router may run (PostgreSQL: by pg_restore)")
    .argument("<file>", "what `ccr ledger backup` wrote")
    .option(...configOption)
    .option(...jsonOption)
    .action((file, options) =>
      run(async (context) => (await import("./commands/ledger.ts")).restore(context, file, options)),
    );
}
