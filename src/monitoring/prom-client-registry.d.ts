/**
 * The registry alone: prom-client as a whole loads `node:https`, `node:cluster` and OpenTelemetry for what nobody here uses,
 * 4 MB of an idle router.
 */
declare module "prom-client/lib/registry.js" {
  import type { Registry } from "prom-client";
  const PromRegistry: typeof Registry;
  export default PromRegistry;
}
