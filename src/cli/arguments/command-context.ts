/** What a command gets: its surroundings as values, so that nothing reaches for the process. */
import { stateFolderOf } from "../../config/locate.ts";
import type { Output } from "../output/output.ts";

export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv;
  /** Working folder. */
  readonly folder: string;
  readonly output: Output;
  /** Where notes go that are not the command's answer. */
  readonly notes: Output;
  /** Whether somebody can answer questions. */
  readonly isInteractive: boolean;
}

export function stateFolder({ environment, folder }: CommandContext): string {
  return stateFolderOf({ environment, folder });
}
