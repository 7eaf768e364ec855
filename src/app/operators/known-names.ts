/** The names that the operators' API knows, over the running parts. */
import { readKnownNames } from "../../admin/known-names.ts";
import type { KnownNames } from "../../admin/known-names.ts";
import type { ProcessState } from "../process/process-state.ts";
import type { Runtime } from "../runtime/create-runtime.ts";

/** Rejects where the ledger cannot be read. */
export function knownNames({ ledger, clock }: ProcessState, { gateway, keys }: Runtime): Promise<KnownNames> {
  const providers = [...gateway.providers.values()];
  return readKnownNames({
    ledger,
    nowMs: () => clock.nowMs(),
    configured: () => ({
      users: keys.callers.map(({ user }) => user),
      providers: providers.map(({ name }) => name),
      targets: providers.flatMap(({ name, models }) => models.map((model) => ({ provider: name, model }))),
      askedModels: gateway.routes.directory.names(),
    }),
  });
}
