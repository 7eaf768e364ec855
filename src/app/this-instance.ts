/** Which of several instances this is, as operators' answers name it. */
import { hostname } from "node:os";

export interface InstanceName {
  /** The machine's name for itself; a container's id where nobody gave it another one. */
  readonly host: string;
  /** The process that operators ask: the parent, where there are workers. */
  readonly pid: number;
}

export function thisInstance(): InstanceName {
  return { host: hostname(), pid: process.pid };
}
