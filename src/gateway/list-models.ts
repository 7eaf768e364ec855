/** The models that a caller may ask for, in the shape of the client's dialect. */
import type { Caller } from "../core/caller.ts";
import type { Dialect } from "../core/dialect.ts";
import type { JsonObject } from "../core/json.ts";
import { compilePattern } from "../routing/pattern.ts";
import type { Gateway } from "./gateway.ts";

export interface ListedModel {
  readonly id: string;
  /** Providers that serve it, or the alias's own. */
  readonly ownedBy: string;
}

/** Aliases, listed models, and each listed model with its provider in front. */
export function listModels(gateway: Gateway, caller: Caller): readonly ListedModel[] {
  const models = gateway.routes.directory.names().map((id) => ({ id, ownedBy: ownerOf(gateway, id) }));
  for (const provider of gateway.providers.values()) {
    for (const model of provider.models) models.push({ id: `${provider.name}/${model}`, ownedBy: provider.name });
  }
  if (caller.allowedModels === null) return models;
  const tests = caller.allowedModels.map(compilePattern);
  return models.filter(({ id }) => tests.some((matches) => matches(id)));
}

/** https://docs.anthropic.com/en/api/models-list and https://platform.openai.com/docs/api-reference/models/list. */
export function renderModels(models: readonly ListedModel[], dialect: Dialect): JsonObject {
  if (dialect === "openai-chat") {
    return { object: "list", data: models.map((model) => renderModel(model, dialect)) };
  }
  return {
    data: models.map((model) => renderAnthropicModel(model)),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}

export function renderModel(model: ListedModel, dialect: Dialect): JsonObject {
  if (dialect === "openai-chat") return { id: model.id, object: "model", created: 0, owned_by: model.ownedBy };
  return renderAnthropicModel(model);
}

function renderAnthropicModel({ id }: ListedModel): JsonObject {
  return { type: "model", id, display_name: id, created_at: "1970-01-01T00:00:00Z" };
}

function ownerOf(gateway: Gateway, name: string): string {
  const resolved = gateway.routes.directory.resolve(name);
  return resolved.kind === "targets" ? (resolved.targets[0]?.provider ?? "") : "";
}
