/** Every server that can be measured, in the order in which a round goes through them. */
import { claudeCodeRouter } from "./claude-code-router.ts";
import { direct } from "./direct.ts";
import { nginx } from "./nginx.ts";
import { ours } from "./ours.ts";
import { portkey } from "./portkey.ts";
import type { ServerDefinition } from "./server.ts";

export const servers: readonly ServerDefinition[] = [direct, nginx, ours, portkey, claudeCodeRouter];
