/** `ccr init`: writes a first ccr.yaml, by asking or from what the environment holds. */
import { resolve } from "node:path";
import { withDotEnv } from "../../config/environment.ts";
import { knownProviders } from "../../config/known-providers.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { initialConfig } from "../settings/initial-config.ts";
import type { InitialChoices } from "../settings/initial-config.ts";
import { readyProviders, usualKeyVariables } from "../settings/provider-keys.ts";
import { nextSteps, requireFree, writeConfigFile } from "../settings/write-config-file.ts";

export interface InitArguments {
  readonly output: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const defaultPort = 3456;

export async function run(context: CommandContext, given: InitArguments): Promise<number> {
  const environment = withDotEnv(context.folder, context.environment);
  const path = resolve(context.folder, given.output);
  await requireFree(path, given.force === true);
  const found = await readyProviders(environment);
  const isAsking = given.yes !== true && given.json !== true;
  if (isAsking && !context.isInteractive) {
    throw new CliError("there is no terminal to ask at", "use `ccr init --yes` to take what the environment holds");
  }
  if (!isAsking && found.length === 0) throw nothingFound();
  const choices = isAsking ? await ask(found) : { providers: found, port: defaultPort };
  if (choices === null) throw new CliError("nothing was written");
  const backup = await writeConfigFile(path, initialConfig(choices), given.force === true);
  const kinds = choices.providers.map((provider) => provider.kind);
  if (given.json === true) context.output.json({ path, backup, providers: kinds, port: choices.port });
  else tell({ ...context, environment }, path, backup, choices);
  return exitCodes.ok;
}

type Providers = InitialChoices["providers"];

/** Whatever file was written, no router could start with it. */
function nothingFound(): CliError {
  return new CliError(
    "nothing was written: no provider's key in the environment or in .env, no Ollama on this machine",
    `set ${usualKeyVariables}, or choose providers at a terminal with \`ccr init\``,
  );
}

/** null: the user left. */
async function ask(found: Providers): Promise<InitialChoices | null> {
  const { cancel, intro, isCancel, multiselect, text } = await import("@clack/prompts");
  intro("A first ccr.yaml");
  const kinds = await multiselect({
    message: "Which providers? (those with a key in the environment are chosen)",
    options: knownProviders.map(({ kind, keyVariables: [variable] }) => ({
      value: kind,
      label: kind,
      hint: variable === undefined ? "a server of your own, without a key" : variable,
    })),
    initialValues: found.length > 0 ? found.map((provider) => provider.kind) : ["anthropic"],
    required: true,
  });
  if (isCancel(kinds)) return left(cancel);
  const port = await text({
    message: "Which port shall it listen on?",
    initialValue: String(defaultPort),
    validate: (value) => (/^\d+$/.test(value ?? "") && Number(value) <= 65_535 ? undefined : "a number up to 65535"),
  });
  if (isCancel(port)) return left(cancel);
  const chosen = knownProviders.filter(({ kind }) => kinds.includes(kind));
  return {
    providers: chosen.map(
      ({ kind, keyVariables: [keyVariable = null] }) =>
        found.find((provider) => provider.kind === kind) ?? { kind, keyVariable },
    ),
    port: Number(port),
  };
}

function left(cancel: (message: string) => void): null {
  cancel("Left without writing anything.");
  return null;
}

function tell(
  { output, environment, folder }: CommandContext,
  path: string,
  backup: string | null,
  { providers }: InitialChoices,
): void {
  output.line(`${output.style("green", "wrote")} ${path}`);
  if (backup !== null) output.line(`the file before is kept as ${backup}`);
  const missing = providers.flatMap(({ keyVariable }) =>
    keyVariable === null || (environment[keyVariable] ?? "") !== "" ? [] : [keyVariable],
  );
  if (missing.length > 0)
    output.line(`${output.style("yellow", "still to set")} ${missing.join(", ")} (in the environment or in .env)`);
  output.line(nextSteps(folder, path));
}
