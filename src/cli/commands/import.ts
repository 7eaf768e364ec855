/** `ccr import`: a ccr.yaml from claude-code-router's config.json, and what could not be taken over. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseForeignConfig } from "../../config/import/foreign-config.ts";
import { formatImported, importConfig } from "../../config/import/import-config.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { readGivenFile } from "../arguments/read-given-file.ts";
import { nextSteps, writeConfigFile } from "../settings/write-config-file.ts";

export interface ImportArguments {
  readonly output: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function run(context: CommandContext, file: string | undefined, given: ImportArguments): Promise<number> {
  const source = resolve(
    context.folder,
    file ?? join(context.environment.HOME ?? homedir(), ".claude-code-router/config.json"),
  );
  const foreign = parseForeignConfig(await readGivenFile(source, "name the file: `ccr import FILE`"));
  if (foreign === null || foreign.providers.length === 0) {
    const lack = foreign === null ? "holds no JSON object" : "names no Providers";
    throw new CliError(`${source} ${lack}`, "name the config.json of claude-code-router 1.x or 2.x");
  }
  const imported = importConfig(foreign);
  const text = formatImported(imported, source);
  const path = given.dryRun === true ? null : resolve(context.folder, given.output);
  const backup = path === null ? null : await writeConfigFile(path, text, given.force === true);
  const { output, notes } = context;
  if (given.json === true) {
    output.json({
      source,
      path,
      backup,
      providers: Object.keys(imported.settings.providers ?? {}),
      notes: imported.notes,
    });
  } else if (path === null) output.line(text.trimEnd());
  else {
    output.line(`${output.style("green", "wrote")} ${path}`);
    if (backup !== null) output.line(`the file before is kept as ${backup}`);
    for (const note of imported.notes) notes.line(`${notes.style("yellow", "note")} ${note}`);
    output.line(nextSteps(context.folder, path));
  }
  return exitCodes.ok;
}
