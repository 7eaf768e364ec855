/** `ccr models`: the models that the running router offers. */
import { toJsonArray, toJsonObject } from "../../core/json/json.ts";
import { fetchRouter, readAnswer, routerUrl } from "../asking/ask-router.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { UrlArguments } from "../arguments/command-options.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";

const patienceMs = 5000;

interface ListedModel {
  readonly id: string;
  readonly name: string;
}

export async function run(context: CommandContext, { url, json }: UrlArguments): Promise<number> {
  const models = await fetchModels(routerUrl(context, url), context.environment.CCR_API_KEY || undefined);
  if (json === true) context.output.json(models);
  else if (models.length === 0)
    context.output.line("none is listed; any model of a configured provider can be asked for as provider/model");
  else context.output.table(models.map(({ id, name }) => [id, name === id ? "" : name]));
  return exitCodes.ok;
}

async function fetchModels(url: string, key: string | undefined): Promise<readonly ListedModel[]> {
  const answer = await fetchRouter(`${url}/v1/models?limit=1000`, patienceMs, {
    headers: { "anthropic-version": "2023-06-01", ...(key === undefined ? {} : { "x-api-key": key }) },
  });
  if (answer.status === 401) {
    throw new CliError(
      key === undefined ? "the router has keys, and wants one" : "the router does not know this key",
      "set CCR_API_KEY to yours; `ccr keys create --user NAME` makes one",
    );
  }
  if (!answer.ok) throw new CliError(`${url} answers ${answer.status}`, "is it the router? `ccr logs` may say why");
  return toJsonArray(readAnswer(await answer.text()).data)
    .map(toJsonObject)
    .flatMap(({ id, display_name: name }) =>
      typeof id === "string" ? [{ id, name: typeof name === "string" ? name : id }] : [],
    );
}
