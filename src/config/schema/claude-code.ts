/** Settings for Claude Code on the machines of those who sign in. */
import { z } from "zod";
import type { JsonObject } from "../../core/json/json.ts";
import { orNull } from "./values.ts";

export interface ClaudeCodeConfig {
  /** As Claude Code's managed settings, whatever they hold; null: none are handed out. */
  readonly managedSettings: JsonObject | null;
}

/** What was read from YAML or JSON is JSON; a schema that says so would only be longer. */
const json = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

export const claudeCodeSchema: z.ZodType<ClaudeCodeConfig> = z
  .strictObject({
    managedSettings: orNull(json).describe(
      "Managed settings that Claude Code takes over when its user has signed in here: `env`, `permissions`, `statusLine`, … They can run commands on that machine.",
    ),
  })
  .prefault({})
  .describe("What Claude Code gets when its user has signed in.");
