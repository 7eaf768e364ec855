/** Every step that can be measured by itself, in the order of a call. */
import { monitoring } from "./monitoring.ts";
import { reading } from "./reading.ts";
import type { Step } from "./step.ts";

export const steps: readonly Step[] = [...reading, ...monitoring];
