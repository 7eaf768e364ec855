import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../../core/log/logging.ts";
import type { LogFields } from "../../../core/log/log-fields.ts";
import type { Logger } from "../../../core/log/logging.ts";
import { createBudgetAnnouncer } from "./budget-announcer.ts";
import type { BudgetEvent } from "./budget-events.ts";
import { createBucket } from "../store/test-bucket.ts";
import { budgetPeriods, windowAt } from "../caps/windows.ts";

const event: BudgetEvent = {
  kind: "budgetLimitExceeded",
  bucket: createBucket(1_000),
  spentNanoUsd: 1_000,
  heldNanoUsd: 0,
  atMs: 0,
};
const ofBob: BudgetEvent = { ...event, bucket: createBucket(1_000, "user", "bob") };

/** An announcer over a store that answers with `mark`. */
function setUp(mark: () => Promise<boolean>) {
  const asked: string[] = [];
  const told: BudgetEvent[] = [];
  const logged: [level: string, fields: LogFields][] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields: LogFields) => logged.push(["warn", fields]),
    error: (fields: LogFields) => logged.push(["error", fields]),
  };
  const announce = (_bucket: unknown, what: string): Promise<boolean> => {
    asked.push(what);
    return mark();
  };
  const announcer = createBudgetAnnouncer({ announce }, logger);
  const end = announcer.subscribe((one) => told.push(one));
  return { announcer, asked, told, logged, end };
}

test("an event is told once: this process remembers what it told, the store what others did", async () => {
  const { announcer, asked, told } = setUp(() => Promise.resolve(asked.length === 1));
  for (const one of [event, event, ofBob]) announcer.announce(one);
  await announcer.close();
  assert.equal(asked.length, 2);
  assert.deepEqual(told, [event]);
});

test("budgets of a day, a week and a month that begin on one day are told of apart, also with the same limit", async () => {
  const { announcer, told } = setUp(() => Promise.resolve(true));
  const mondayTheFirst = Date.UTC(2027, 1, 1, 12);
  const events = budgetPeriods.map((period) => {
    const bucket = { ...event.bucket, period, ...windowAt(period, mondayTheFirst) };
    return { ...event, bucket };
  });
  for (const one of [...events, ...events]) announcer.announce(one);
  await announcer.close();
  assert.deepEqual(told, events);
});

test("an event that the store cannot mark is told all the same, and the log says that it may come twice", async () => {
  const { announcer, told, logged } = setUp(() => Promise.reject(new Error("away")));
  announcer.announce(event);
  await announcer.close();
  assert.deepEqual(told, [event]);
  assert.deepEqual(logged, [["warn", { error: "Error: away" }]]);
});

test("a listener that throws is logged and keeps nothing from the others; one that left hears nothing", async () => {
  const { announcer, told, logged, end } = setUp(() => Promise.resolve(true));
  end();
  announcer.subscribe(() => {
    throw new Error("no");
  });
  const heard: BudgetEvent[] = [];
  announcer.subscribe((one) => heard.push(one));
  announcer.announce(event);
  await announcer.close();
  assert.deepEqual([told, heard], [[], [event]]);
  assert.deepEqual(logged, [["error", { error: "Error: no", event: "budgetLimitExceeded" }]]);
});
