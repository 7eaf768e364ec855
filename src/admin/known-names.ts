/**
 * The names that a change by operators can be about: those of the configuration and those that calls have left in the
 * ledger. Asked where nothing was found to change: "none" would pass a slip of the pen for a name without calls.
 */
import { formatTarget } from "../core/target.ts";
import type { Target } from "../core/target.ts";
import { nearNames } from "../core/text/near-names.ts";
import type { Ledger } from "../costs/ledger/ledger.ts";
import { invalid } from "./read-request.ts";

export interface NamesSource {
  readonly ledger: Pick<Ledger, "sums">;
  nowMs(): number;
  configured(): ConfiguredNames;
}

export interface ConfiguredNames {
  /** Of keys. */
  readonly users: readonly string[];
  readonly providers: readonly string[];
  /** Listed ones of each provider. */
  readonly targets: readonly Target[];
  /** Aliases and listed models. */
  readonly askedModels: readonly string[];
}

export interface KnownNames {
  readonly users: readonly string[];
  readonly providers: readonly string[];
  /** As providers call them. */
  readonly models: readonly string[];
  /** As clients ask for them, and as `provider/model`. */
  readonly askedModels: readonly string[];
}

/** Rejects as the ledger does where it cannot be read. */
export async function readKnownNames(source: NamesSource): Promise<KnownNames> {
  const { ledger } = source;
  const { users, providers, targets, askedModels } = source.configured();
  const ever = { fromMs: 0, toMs: source.nowMs() };
  const [byUser, byAskedModel, byTarget] = await Promise.all([
    ledger.sums({ ...ever, by: ["user"] }),
    ledger.sums({ ...ever, by: ["askedModel"] }),
    ledger.sums({ ...ever, by: ["provider", "model"] }),
  ]);
  const called = byTarget.map(({ group }) => ({ provider: group.provider ?? "", model: group.model ?? "" }));
  const all = [...targets, ...called.filter(({ provider }) => provider !== "")];
  return {
    users: [...users, ...byUser.map(({ group }) => group.user ?? "")],
    providers: [...providers, ...all.map(({ provider }) => provider)],
    models: all.map(({ model }) => model),
    askedModels: [...askedModels, ...byAskedModel.map(({ group }) => group.askedModel ?? ""), ...all.map(formatTarget)],
  };
}

/** Throws GatewayError where `name` is given and none of `known`, with those that are near to it. */
export function refuseUnknownName(field: string, name: string | undefined, known: readonly string[]): void {
  if (name === undefined || known.includes(name)) return;
  const near = nearNames(name, [...new Set(known)]);
  const hint = near.length === 0 ? "" : `; did you mean ${near.join(", ")}?`;
  throw invalid(`${field}: ${name.slice(0, 100)} is unknown to the configuration and to all calls so far${hint}`);
}
