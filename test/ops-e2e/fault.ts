/** How a fault is described: what is broken and mended, and what must be heard of it. One file each in faults/. */
import type { Stack, StackWish } from "./stack.ts";

export interface Fault extends StackWish {
  /** As `--only` takes it: the file's name. */
  readonly name: string;
  /** What happens, for people. */
  readonly title: string;
  readonly alert: string;
  /** What the alert must say of the culprit. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Alerts that may come with it because the fault really does that, too; each with the reason. */
  readonly consequences?: Readonly<Record<string, string>>;
  /** While it lasts the router answers nobody. */
  readonly stopsRouter?: boolean;
  /** Calm before it, in seconds; during it nothing may be heard. */
  readonly calmSeconds?: number;
  /** From its mending until "resolved" must have come, in seconds; else a minute and a half. */
  readonly resolveWithinSeconds?: number;
  /** Why it cannot be tried on this machine; null where it can. */
  readonly obstacle?: () => string | null;
  inject(stack: Stack): Promise<void> | void;
  mend(stack: Stack): Promise<void> | void;
}
