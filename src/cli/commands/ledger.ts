/** `ccr ledger`: copies of the account of all calls. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { reachableUrl } from "../../core/http/local-host.ts";
import type { CopyAccount } from "../../app/ledger-copies.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import { fileErrorRemedy, fileErrorText } from "../../core/errors/system-error.ts";
import { backUpLedger, restoreLedger } from "../app.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { formatCalls } from "../../playbooks/figures.ts";
import { loadRunningSettings, loadSettings } from "../instance/load-settings.ts";

/** Copies the ledger of the router that runs, unless another configuration is named, to a file that is not there yet. */
export async function backup(context: CommandContext, file: string, given: ConfigArguments): Promise<number> {
  const { config } = loadRunningSettings(context, given.config, ["ledger"]);
  const to = resolve(context.folder, file);
  if (existsSync(to)) throw new CliError(`${file} is there already`, "name a new file: a copy never replaces another");
  const isMissing = config.ledger.postgres === null && !existsSync(config.ledger.sqlitePath);
  const account = await inWords(() => backUpLedger(config, to), isMissing ? nameLedger : null);
  return tell(context, given, account, `copied the ledger${ofCalls(account)} to ${file}`);
}

/** Puts a copy in the ledger's place. */
export async function restore(context: CommandContext, file: string, given: ConfigArguments): Promise<number> {
  const { config } = loadSettings(context, { config: given.config }, ["ledger"]);
  const instance = findInstance(stateFolder(context));
  if (instance !== null) {
    throw new CliError(`a router runs at ${reachableUrl(instance)}`, "`ccr stop` first: it would write over the copy");
  }
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const from = resolve(context.folder, file);
  requireFile(from);
  // What PostgreSQL's own program says may be about anything.
  const remedy = config.ledger.postgres === null ? `${nameCopy}; the ledger is as it was` : null;
  const account = await inWords(() => restoreLedger(config, from, stamp), remedy);
  const kept = account.keptAs === null ? "" : `; what was there is ${account.keptAs}`;
  return tell(context, given, account, `the ledger is that of ${file}${ofCalls(account)}${kept}`);
}

const nameLedger =
  "a router makes it when it starts; name the one that ran by `--config`, or its state folder by CCR_HOME";
const nameCopy = "name a file that `ccr ledger backup` wrote";

/** Of a pipe nobody would ever read the end. */
function requireFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return;
  throw new CliError(found === undefined ? `there is no file ${path}` : `${path} is no file`, nameCopy);
}

async function inWords(copy: () => Promise<CopyAccount>, remedy: string | null): Promise<CopyAccount> {
  try {
    return await copy();
  } catch (error) {
    throw new CliError(fileErrorText(error) ?? messageOf(error), fileErrorRemedy(error) ?? remedy);
  }
}

function ofCalls({ calls }: CopyAccount): string {
  return calls === null ? "" : ` (${formatCalls(calls)})`;
}

function tell(context: CommandContext, { json }: ConfigArguments, account: CopyAccount, words: string): number {
  if (json === true) context.output.json({ ...account });
  else context.output.line(words);
  return exitCodes.ok;
}
