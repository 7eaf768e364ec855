/** How a fault is described: what is broken and mended, and what must be heard of it. One file each in faults/. */
import type { AlertThresholds } from "../../src/config/schema.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { PacedLoadOptions } from "./paced-load.ts";
import type { Stack } from "./stack.ts";

export interface Fault {
  /** As `--only` takes it: the file's name. */
  readonly name: string;
  /** What happens, for people. */
  readonly title: string;
  readonly alert: string;
  /** What the alert must say of the culprit. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Alerts that may come with it because the fault really does that, too; each with the reason. */
  readonly consequences?: Readonly<Record<string, string>>;
  /** Settings of the router beside the usual ones. */
  readonly settings?: JsonObject;
  /** Settings of the provider that is asked first. */
  readonly provider?: JsonObject;
  /** Thresholds beside the usual ones; each needs a reason beside it. */
  readonly thresholds?: Partial<AlertThresholds>;
  readonly costPerDayUsd?: number;
  /** While it lasts the router answers nobody. */
  readonly stopsRouter?: boolean;
  readonly needsRedis?: boolean;
  /** Arguments of node_exporter; without them it does not run. */
  readonly nodeExporterArgs?: readonly string[];
  readonly load?: Partial<PacedLoadOptions>;
  /** A module of own rules, as a file. */
  readonly routeModule?: string;
  /** Calm before it, in seconds; during it nothing may be heard. */
  readonly calmSeconds?: number;
  /** From its mending until "resolved" must have come, in seconds; else a minute and a half. */
  readonly resolveWithinSeconds?: number;
  /** Why it cannot be tried on this machine; null where it can. */
  readonly obstacle?: () => string | null;
  /** Made before the stack, such as a mount. */
  prepare?(stack: { readonly folder: string; readonly after: (clean: () => void) => void }): void;
  inject(stack: Stack): Promise<void> | void;
  mend(stack: Stack): Promise<void> | void;
}
