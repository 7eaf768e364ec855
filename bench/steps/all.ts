/** Every step that can be measured by itself, in the order of a call. */
import { reading } from "./reading.ts";
import type { Step } from "./step.ts";

export const steps: readonly Step[] = [...reading];
