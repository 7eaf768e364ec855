/** The models that a caller may ask for, in the shape of the client's dialect. */
import type { Caller } from "../core/caller.ts";
import type { Dialect } from "../core/dialect.ts";
import { GatewayError } from "../core/errors/errors.ts";
import type { JsonObject } from "../core/json/json.ts";
import type { Gateway } from "./gateway.ts";
import { mayAskFor } from "./plan/may-ask-for.ts";

export interface ListedModel {
  readonly id: string;
  /** Providers that serve it, or the alias's own. */
  readonly ownedBy: string;
}

/** Aliases, listed models, and each listed model with its provider in front; each name once. */
export function listModels(gateway: Gateway, caller: Caller): readonly ListedModel[] {
  const ids = new Set(gateway.routes.directory.names());
  for (const provider of gateway.providers.values()) {
    for (const model of provider.models) ids.add(`${provider.name}/${model}`);
  }
  return [...ids].filter((id) => mayAskFor(caller, id)).map((id) => ({ id, ownedBy: ownerOf(gateway, id) }));
}

/** The model of this name, listed or not: what a call that names it would be served by. null where the caller gets none. */
export function findModel(gateway: Gateway, caller: Caller, id: string): ListedModel | null {
  const ownedBy = ownerOf(gateway, id);
  return ownedBy !== "" && mayAskFor(caller, id) ? { id, ownedBy } : null;
}

/**
 * https://docs.anthropic.com/en/api/models-list and https://platform.openai.com/docs/api-reference/models/list. `query`: of
 * the request; only Anthropic's list has pages, here all models in one where no limit is named. Throws GatewayError
 * `caller_invalid_request` for a page that there is not: whoever goes on from it would begin anew for ever.
 */
export function renderModels(models: readonly ListedModel[], dialect: Dialect, query: string): JsonObject {
  if (dialect === "openai-chat") {
    return { object: "list", data: models.map((model) => renderModel(model, dialect)) };
  }
  const { page, hasMore } = pageOf(models, new URLSearchParams(query));
  return {
    data: page.map((model) => renderAnthropicModel(model)),
    has_more: hasMore,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

function pageOf(
  models: readonly ListedModel[],
  asked: URLSearchParams,
): { readonly page: readonly ListedModel[]; readonly hasMore: boolean } {
  const limit = readLimit(asked.get("limit")) ?? models.length;
  const before = readPlace(models, asked, "before_id");
  if (before !== null) {
    const from = Math.max(0, before - limit);
    return { page: models.slice(from, before), hasMore: from > 0 };
  }
  const after = readPlace(models, asked, "after_id");
  const from = after === null ? 0 : after + 1;
  return { page: models.slice(from, from + limit), hasMore: from + limit < models.length };
}

function readLimit(text: string | null): number | null {
  if (text === null) return null;
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new GatewayError("caller_invalid_request", "limit: a whole number from 1 up");
  return limit;
}

/** Where the model stands that a parameter names; null without that parameter. */
function readPlace(models: readonly ListedModel[], asked: URLSearchParams, name: string): number | null {
  const id = asked.get(name);
  if (id === null) return null;
  const place = models.findIndex((model) => model.id === id);
  if (place >= 0) return place;
  throw new GatewayError("caller_invalid_request", `${name}: no model of this list; leave it out for the first page`);
}

/** One model, as `/v1/models/{id}` answers and as an entry of the list. */
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
