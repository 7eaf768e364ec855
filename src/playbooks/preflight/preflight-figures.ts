/** What the deployment checklist knows before it judges. */
import type { ProviderCheck } from "../connectivity/check-providers.ts";
import type { Step } from "../connectivity/connectivity.ts";
import type { MachineFigures } from "../probe-machine.ts";

export interface PreflightFigures {
  readonly nodeVersion: string;
  /** As package.json has it under `engines`. */
  readonly neededNode: string;
  readonly build: BuildState;
  readonly configuration: ConfigurationState;
  /** Empty where the configuration cannot be used. */
  readonly providers: readonly ProviderCheck[];
  /** null: not configured. */
  readonly redis: Step<{ readonly version: string }> | null;
  readonly postgres: Step<{ readonly version: string }> | null;
  readonly machine: MachineFigures;
  readonly port: PortState | null;
  readonly start: Step<{ readonly readyMs: number }> | null;
  readonly nowMs: number;
}

/** `sources`: a checkout that runs them as they are. `stale`: `dist/` is older than the sources beside it. */
export type BuildState =
  | { readonly kind: "built" | "sources" }
  | { readonly kind: "stale"; readonly newest: string }
  | { readonly kind: "incomplete"; readonly missing: string };

export type ConfigurationState =
  | {
      readonly kind: "good";
      /** null: there is no file. */
      readonly path: string | null;
      readonly warnings: readonly string[];
      readonly isExposed: boolean;
      readonly hasKeys: boolean;
      readonly hasAdminKey: boolean;
    }
  | { readonly kind: "bad"; readonly path: string | null; readonly problems: readonly string[] };

export interface PortState {
  readonly host: string;
  readonly port: number;
  /** `any`: port 0, which any free one will be. `ours`: a Claude Code Router answers there already. */
  readonly kind: "any" | "free" | "ours" | "taken" | "forbidden";
  readonly reason: string;
}
