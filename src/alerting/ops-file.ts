/** A generated file of `ops/`, and what it is generated from. */
import type { AlertingConfig } from "../config/schema.ts";

export interface OpsFile {
  /** Below `ops/`, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface OpsSettings {
  readonly alerting: AlertingConfig;
  /** Shortens all spans of time alike, for a trial of the whole chain in minutes; 1 for rules in use. */
  readonly timeScale: number;
}
