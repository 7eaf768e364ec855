/** `ccr version`. */
import type { CommandContext } from "../arguments/command-context.ts";
import { exitCodes } from "../output/exit-codes.ts";
import { programVersion } from "../../core/version.ts";

export function run({ output }: CommandContext, { json }: { readonly json?: boolean }): number {
  const version = programVersion();
  const { platform, arch } = process;
  if (json === true) output.json({ version, node: process.versions.node, platform, arch });
  else output.line(`ccr ${version} (Node.js ${process.versions.node}, ${platform} ${arch})`);
  return exitCodes.ok;
}
