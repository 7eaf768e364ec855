/**
 * The settings of the program: what ccr.yaml may hold, and what the program gets.
 *
 * Every key has its type, default and meaning here and nowhere else; docs/ccr.schema.json and docs/config.md
 * are generated from it. `Config` is complete: what the file leaves out holds its default.
 */
import { z } from "zod";
import type { BreakerSettings } from "../core/failure-settings.ts";
import type { PriceSettings } from "../core/money-settings.ts";
import { alertingSchema } from "./schema/alerting.ts";
import type { AlertingConfig } from "./schema/alerting.ts";
import { authSchema, callLimitsSchema } from "./schema/auth.ts";
import type { AuthConfig, LimitConfig } from "./schema/auth.ts";
import { claudeCodeSchema } from "./schema/claude-code.ts";
import type { ClaudeCodeConfig } from "./schema/claude-code.ts";
import { budgetsSchema, ledgerSchema, optimizationSchema, pricesSchema } from "./schema/money.ts";
import type { BudgetsConfig, LedgerConfig, OptimizationConfig } from "./schema/money.ts";
import { loggingSchema, monitoringSchema } from "./schema/monitoring.ts";
import type { LoggingConfig, MonitoringConfig } from "./schema/monitoring.ts";
import { providersSchema } from "./schema/providers.ts";
import type { ProviderConfig } from "./schema/providers.ts";
import { aliasesSchema, routingSchema } from "./schema/routing.ts";
import type { AliasesConfig, RoutingConfig } from "./schema/routing.ts";
import { breakerSchema, retriesSchema, serverSchema, streamSchema } from "./schema/server.ts";
import type { RetriesConfig, ServerConfig, StreamConfig } from "./schema/server.ts";
import { cacheSchema, redisSchema } from "./schema/stores.ts";
import type { CacheConfig, RedisConfig } from "./schema/stores.ts";

export type { AlertingConfig, AlertThresholds, ServiceLevels, TeamName } from "./schema/alerting.ts";
export type { AuthConfig } from "./schema/auth.ts";
export type { BudgetsConfig, LedgerConfig, OptimizationConfig } from "./schema/money.ts";
export type { LoggingConfig, MonitoringConfig } from "./schema/monitoring.ts";
export type { ProviderConfig } from "./schema/providers.ts";
export type { AliasesConfig, RoutingConfig, RuleConditions, RuleConfig } from "./schema/routing.ts";
export type { RetriesConfig, ServerConfig, StreamConfig } from "./schema/server.ts";
export type { CacheConfig, RedisConfig } from "./schema/stores.ts";

export interface Config {
  readonly server: ServerConfig;
  /** By name, in the order of the file. */
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly aliases: AliasesConfig;
  readonly routing: RoutingConfig;
  readonly retries: RetriesConfig;
  readonly breaker: BreakerSettings;
  readonly stream: StreamConfig;
  readonly auth: AuthConfig;
  readonly claudeCode: ClaudeCodeConfig;
  readonly limits: readonly LimitConfig[];
  readonly budgets: BudgetsConfig;
  readonly prices: PriceSettings;
  readonly optimization: OptimizationConfig;
  readonly ledger: LedgerConfig;
  readonly redis: RedisConfig | null;
  readonly cache: CacheConfig;
  readonly monitoring: MonitoringConfig;
  readonly logging: LoggingConfig;
  readonly alerting: AlertingConfig;
}

export const configSchema: z.ZodType<Config> = z.strictObject({
  server: serverSchema,
  providers: providersSchema,
  aliases: aliasesSchema,
  routing: routingSchema,
  retries: retriesSchema,
  breaker: breakerSchema,
  stream: streamSchema,
  auth: authSchema,
  claudeCode: claudeCodeSchema,
  limits: callLimitsSchema,
  budgets: budgetsSchema,
  prices: pricesSchema,
  optimization: optimizationSchema,
  ledger: ledgerSchema,
  redis: redisSchema,
  cache: cacheSchema,
  monitoring: monitoringSchema,
  logging: loggingSchema,
  alerting: alertingSchema,
});
