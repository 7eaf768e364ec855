/** `ccr demo`. */
import type { CommandContext } from "../command-context.ts";
import { CliError } from "../exit-codes.ts";

export interface DemoArguments {
  readonly port: string;
  readonly traffic: boolean;
}

export async function run(_context: CommandContext, _given: DemoArguments): Promise<number> {
  throw new CliError("the demo is not wired yet");
}
