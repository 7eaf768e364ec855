/**
 * The money of the process: ledger, budgets, spend limits, and who hears of budget events. By the settings it lives in
 * this process and a file, or in Redis and PostgreSQL, whose clients are loaded only then.
 */
import { randomUUID } from "node:crypto";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../core/time/clock.ts";
import type { Logger } from "../../core/log/logging.ts";
import { withinTime } from "../../core/time/within-time.ts";
import type { BudgetStore } from "../../costs/budgets/store/budget-store.ts";
import { BudgetWebhook } from "../../costs/budgets/announcing/budget-webhook.ts";
import { Budgets } from "../../costs/budgets/budgets.ts";
import type { BudgetsSettings } from "../../costs/budgets/budgets.ts";
import { withCapChanges } from "../../costs/budgets/caps/cap-changes.ts";
import type { CapChange } from "../../costs/budgets/caps/cap-changes.ts";
import type { BudgetCap } from "../../core/money-settings.ts";
import {
  createAnnouncements,
  createLoadSpent,
  isCaughtUp,
  learnExpectedCosts,
} from "../../costs/budgets/store/ledger-budgets.ts";
import { MemoryBudgetStore } from "../../costs/budgets/store/memory.ts";
import { RedisBudgetStore } from "../../costs/budgets/store/redis/redis.ts";
import { sentenceOf } from "../../costs/budgets/announcing/webhook-message.ts";
import { createExpectedCosts } from "../../costs/expected-cost.ts";
import type { ExpectedCosts } from "../../costs/expected-cost.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import { startRetention } from "../../costs/ledger/retention.ts";
import type { Retention } from "../../costs/ledger/retention.ts";
import { SpendLimits } from "../../costs/spend-limits/spend-limits.ts";
import { optimizationCaps } from "../../optimization/optimization-caps.ts";
import { openLedger } from "./open-ledger.ts";
import { openRedis } from "../redis/open-redis.ts";
import type { RedisConnection } from "../redis/redis-connection.ts";

export interface Money {
  readonly ledger: Ledger;
  /** null: not configured. */
  readonly redis: RedisConnection | null;
  readonly budgets: Budgets;
  readonly expectedCosts: ExpectedCosts;
  readonly spendLimits: SpendLimits;
  readonly retention: Retention;
  /** Takes over the settings of a configuration. Where ledger and budgets are kept takes a restart. */
  configure(config: Config): void;
  /** Settles, tells and writes what is left. */
  close(): Promise<void>;
}

/** How soon limits that another router set hold here. */
const refreshLimitsMs = 5_000;
/** A start waits so long for a database that is there and holds questions up: a lock, the migration of another router. */
const startPatienceMs = 10_000;
/** A process that died gives its holds back after so long. */
const leaseMs = 30_000;

/**
 * Opens it. A database that is away is no error; a ledger's file that cannot be opened is, and so is one of Redis's
 * certificates that cannot be read (throws Error).
 */
export async function createMoney(config: Config, clock: Clock, logger: Logger): Promise<Money> {
  let current = config;
  const ledger = await openLedger(config, clock, logger.child({ component: "ledger" }));
  const redis = await openRedis(config, clock, logger).catch(async (error: unknown) => {
    await ledger.close();
    throw error;
  });
  const expectedCosts = createExpectedCosts();
  const spendLimits = new SpendLimits(ledger.tables, clock, () => randomUUID().replaceAll("-", ""));
  const budgets = new Budgets({
    settings: budgetsSettingsOf(config, spendLimits),
    store: openBudgetStore(redis, ledger, clock, logger),
    expectedCosts,
    seatCaps: () => spendLimits.seatCaps(),
    clock,
    logger: logger.child({ component: "budgets" }),
    isShared: redis !== null || config.ledger.postgres !== null,
  });
  const webhook = new BudgetWebhook(config.budgets.webhook, { clock, logger });
  budgets.subscribe((event) => {
    const { kind, bucket } = event;
    logger.warn({ event: kind, scope: bucket.scope, id: bucket.id, period: bucket.period }, sentenceOf(event));
    webhook.send(event);
  });
  await withinTime(refresh(spendLimits, logger), startPatienceMs).catch((error: unknown) => {
    logger.warn({ error: String(error) }, "spend limits are not known yet: the configuration's caps hold alone");
  });
  const timer = setInterval(() => void refresh(spendLimits, logger), refreshLimitsMs).unref();
  const retention = startRetention(ledger, () => current.ledger.retentionDays, clock, logger);
  void learnExpectedCosts(ledger, expectedCosts).catch(() => undefined); // holds begin with the stated default then
  return {
    ledger,
    redis,
    budgets,
    expectedCosts,
    spendLimits,
    retention,
    configure(next) {
      current = next;
      budgets.configure(budgetsSettingsOf(next, spendLimits));
      webhook.configure(next.budgets.webhook);
    },
    async close() {
      clearInterval(timer);
      await retention.close();
      await budgets.close();
      await webhook.close();
      redis?.close();
      await ledger.close();
    },
  };
}

function openBudgetStore(redis: RedisConnection | null, ledger: Ledger, clock: Clock, logger: Logger): BudgetStore {
  const loadSpent = createLoadSpent(ledger);
  if (redis === null) {
    return new MemoryBudgetStore({ clock, loadSpent, announce: createAnnouncements(ledger, clock) });
  }
  return new RedisBudgetStore({
    client: redis.commands,
    keyPrefix: redis.keyPrefix,
    processId: redis.processId,
    loadSpent,
    ledger: { isBehind: () => ledger.health().spilledRows > 0, catchUp: () => isCaughtUp(ledger) },
    clock,
    logger: logger.child({ component: "budgets" }),
    leaseMs,
  });
}

/** `caps` follows what the operators' API sets, without being told. */
function budgetsSettingsOf({ budgets, optimization }: Config, limits: SpendLimits): BudgetsSettings {
  const configured: readonly BudgetCap[] = [...budgets.caps, ...optimizationCaps(optimization.budgets)];
  let changes: readonly CapChange[] = [];
  let caps = configured;
  return {
    enforcement: budgets.enforcement && optimization.optimizationStrategies.budgetEnforcement,
    mode: budgets.mode,
    onStoreFailure: budgets.onStoreFailure,
    thresholds: { warning: budgets.warningThreshold, critical: budgets.criticalThreshold },
    get caps() {
      if (changes !== limits.capChanges()) {
        changes = limits.capChanges();
        caps = withCapChanges(configured, changes);
      }
      return caps;
    },
  };
}

async function refresh(limits: SpendLimits, logger: Logger): Promise<void> {
  try {
    await limits.refresh();
  } catch (error) {
    logger.warn({ error: String(error) }, "spend limits could not be read: those known so far hold");
  }
}
