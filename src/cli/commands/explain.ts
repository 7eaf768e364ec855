/** `ccr explain`: where a request would go, and why. Sends nothing. */
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { GatewayError } from "../../core/errors/errors.ts";
import type { ErrorCode } from "../../core/errors/errors.ts";
import { messageOf } from "../../core/errors/message-of.ts";
import { silentLogger } from "../../core/log/logging.ts";
import type { Logger } from "../../core/log/logging.ts";
import { isJsonObject, parseJson } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import type { Plan } from "../../core/target.ts";
import { explainRoute } from "../app.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { loadSettingsToCheck } from "../instance/load-settings.ts";
import { readGivenFile } from "../arguments/read-given-file.ts";

export interface ExplainArguments extends ConfigArguments {
  readonly model?: string;
  readonly file?: string;
  readonly header: readonly string[];
}

export async function run(context: CommandContext, given: ExplainArguments): Promise<number> {
  const body = given.file === undefined ? {} : await readBody(context, given.file);
  const model = given.model ?? body.model;
  if (typeof model !== "string") {
    throw new CliError(
      "which model is asked for?",
      "add `--model NAME`, such as `ccr explain --model claude-sonnet-5`, or `--file` with a body that has one",
      exitCodes.usage,
    );
  }
  const headers = Object.fromEntries(given.header.map(parseHeader));
  const { config, environment } = loadSettingsToCheck(context, given.config);
  const error: Logger["error"] = ({ err }, message) => context.notes.line(`${message}: ${messageOf(err)}`);
  const logger = { ...silentLogger, error };
  const plan = await planOrRefusal(explainRoute(config, environment, { model, body, headers }, logger));
  if (given.json === true) context.output.json(plan);
  else if ("refused" in plan)
    context.output.table([
      ["model", model],
      ["refused", plan.refused],
    ]);
  else tell(context, model, plan);
  return exitCodes.ok;
}

const noTargetRemedy =
  "set a provider's key, or write a file with `ccr init`; where a provider is configured, give it `models`, or set `routing.default`";

/** A rule refuses, or no target can do what the request asks for. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["caller_permission_denied", "caller_unsupported_content"]);

/** A rule that refuses is an answer like any other: its words, as the client gets them. */
async function planOrRefusal(planning: Promise<Plan>): Promise<Plan | { readonly refused: string }> {
  try {
    return await planning;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === "router_no_target") throw new CliError(error.message, noTargetRemedy);
    if (refusals.has(error.code)) return { refused: error.message };
    if (error.code !== "caller_model_not_found") throw error;
    throw new CliError(error.message, "ask for a name that `ccr models` lists, or any model as provider/model");
  }
}

async function readBody({ folder }: CommandContext, file: string): Promise<JsonObject> {
  const body = parseJson(file === "-" ? await text(process.stdin) : await readGivenFile(resolve(folder, file)));
  if (isJsonObject(body)) return body;
  throw new CliError(
    `${file === "-" ? "standard input" : file} holds no JSON object`,
    "give a request's body, as a client sends it",
  );
}

function parseHeader(header: string): [string, string] {
  const match = /^([^:\s]+)\s*:\s*(.*)$/.exec(header);
  if (match === null) throw new CliError("--header takes `name: value`", null, exitCodes.usage);
  return [(match[1] ?? "").toLowerCase(), match[2] ?? ""];
}

function tell({ output }: CommandContext, model: string, { rule, reason, targets }: Plan): void {
  output.table([
    ["model", output.style("bold", model)],
    ["rule", rule],
    ["reason", reason],
  ]);
  output.line();
  const rows = targets.map((target, index) => [
    String(index + 1),
    output.style("cyan", `${target.provider}/${target.model}`),
    target.reason,
  ]);
  output.table(rows, ["#", "target", "why there"]);
}
