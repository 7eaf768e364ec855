/**
 * Two instances on one Redis and one PostgreSQL; one is killed in the middle of 10,000 calls: every budget equals the ledger, also
 * when calls never stop.
 */
import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { Client } from "pg";
import type { JsonObject } from "../../src/core/json/json.ts";
import { createDatabase, noPostgres } from "../kit/postgres-database.ts";
import { noRedisServer, startRedisServer } from "../kit/redis-server.ts";
import { startRouter } from "../kit/router-process.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { adminKey, clientOf, moneySettings, startProvider } from "../money/money-router.ts";

const calls = Number(process.env["CCR_PROOF_CALLS"] ?? 10_000);
const callers = 32;
const deadlineMs = 60_000;
const users = ["ada", "bob", "eve", "joe"];

const skip = noRedisServer || noPostgres;

interface BudgetLine {
  readonly scope: string;
  readonly id: string;
  readonly period: string;
  readonly spentUsd: number;
  readonly heldUsd: number;
}

test(
  "one of two instances is killed in the middle of 10,000 calls: every budget equals the ledger",
  { skip },
  async (t) => {
    const postgres = await createDatabase(t);
    const redis = await startRedisServer(t);
    const keyPrefix = `${randomUUID()}:`;
    const provider = await startProvider(t, 20);
    const periods = { daily: 10_000, weekly: 10_000, monthly: 10_000 };
    const settings = {
      redis: { url: redis.url, keyPrefix },
      ledger: { postgres },
      budgets: { caps: ["user", "team", "all"].map((scope) => ({ scope, ...periods })) },
      auth: {
        keys: users.map((user) => ({ user, team: "compilers", hash: hash("sha256", `key-of-${user}`, "hex") })),
        adminKeyHash: hash("sha256", adminKey, "hex"),
      },
    };
    const configuration = moneySettings(provider, settings) as JsonObject;
    const [dying, living] = [
      await startRouter(t, { configuration, deadlineMs }),
      await startRouter(t, { configuration, deadlineMs }),
    ];
    const clients = [dying, living].map((router) => clientOf(router.url));
    const progress = { made: 0, lost: 0 };
    const callOnce = async (index: number): Promise<void> => {
      const headers = { "x-api-key": `key-of-${users[index % users.length]}` };
      try {
        const answer = await clients[index % 2]!.call({ stream: index % 3 === 0 }, headers);
        await answer.text();
        assert.equal(answer.status, 200);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        progress.lost++; // its instance is dead: the client turns to the other one
        await (await clients[1]!.call({}, headers)).text();
      }
    };
    const load = Array.from({ length: callers }, async () => {
      while (progress.made < calls) await callOnce(progress.made++);
    });
    await waitUntil("half of the calls are made", () => progress.made >= calls / 2, 180_000);
    dying.signal("SIGKILL");
    await Promise.all(load);
    t.diagnostic(`${progress.made} calls, ${progress.lost} met a dead instance`);
    // It comes back, with what it had settled and not yet written. Calls of every user go on.
    const life = { isOver: false };
    const other = clients[1]!;
    const restless = Array.from({ length: users.length }, async (_, index) => {
      while (!life.isOver) {
        await (await other.call({}, { "x-api-key": `key-of-${users[index]}` })).text();
        await pass(20);
      }
    });
    await startRouter(t, { configuration, stateFolder: dying.stateFolder, deadlineMs });
    const readBudgets = async (): Promise<readonly BudgetLine[]> =>
      (await other.askJson<{ budgets: readonly BudgetLine[] }>("/api/budgets")).budgets;
    await readBudgets(); // uses every bucket
    // Its lease ends, its holds are given back, and buckets are compared, while none of them rests.
    const redisClient = redis.connect();
    await waitUntil(
      "every bucket is compared",
      async () => {
        await readBudgets();
        const doubts = Number(await redisClient.get(`${keyPrefix}{budget}:doubts`));
        const keys = await redisClient.keys(`${keyPrefix}*:b:*`);
        const checked = await Promise.all(keys.map((key) => redisClient.hget(key, "checked")));
        return doubts >= 4 && checked.every((one) => Number(one ?? -1) >= doubts);
      },
      90_000,
    );
    life.isOver = true;
    await Promise.all(restless);
    const quietSinceMs = performance.now();
    const lines = await readBudgets();
    assert.equal(lines.length, 3 * (users.length + 2));
    const sumOf = async ({ scope, id }: BudgetLine): Promise<number> => {
      const client = new Client({ connectionString: postgres });
      await client.connect();
      const where = scope === "all" ? "" : `WHERE ${scope === "user" ? "caller_user" : "team"} = '${id}'`;
      try {
        const { rows } = await client.query<{ sum: string | null }>(
          `SELECT sum(cost_nano_usd) AS sum FROM ccr.calls ${where}`,
        );
        return Number(rows[0]?.sum ?? 0) / 1e9;
      } finally {
        await client.end();
      }
    };
    for (const { scope, id, period } of lines) {
      await waitUntil(`${scope} ${id} ${period} equals the ledger`, async () => {
        const line = (await readBudgets()).find(
          (one) => one.scope === scope && one.id === id && one.period === period,
        )!;
        return line.heldUsd === 0 && Math.abs((await sumOf(line)) - line.spentUsd) < 1e-9;
      });
    }
    t.diagnostic(`equal ${Math.round(performance.now() - quietSinceMs)} ms after the last call`);
  },
);
