/** Three instances behind a plain TCP balancer, restarted one after the other while clients call and streams are open. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pass } from "node:timers/promises";
import { freePort } from "../../src/alerting/local/free-port.ts";
import type { JsonObject } from "../../src/core/json/json.ts";
import { noBalancer, startBalancer } from "../kit/nginx-balancer.ts";
import { noRedisServer, startRedisServer } from "../kit/redis-server.ts";
import { startRouter } from "../kit/router-process.ts";
import type { RouterProcess } from "../kit/router-process.ts";
import { waitUntil } from "../kit/wait-until.ts";
import { clientOf, moneySettings, startProvider } from "../money/money-router.ts";

const callers = 24;
const skip = noBalancer === false ? noRedisServer : noBalancer;

test(
  "three instances restarted one after the other under load, with streams open: no call fails",
  { skip },
  async (t) => {
    const redis = await startRedisServer(t);
    const provider = await startProvider(t, 60);
    provider.behave({ tokensPerSecond: 120, firstTokenMs: 20, jitterRatio: 0.5 });
    const ports = [await freePort(), await freePort(), await freePort()];
    const keyPrefix = `${randomUUID()}:`;
    const budgets = { caps: [{ scope: "user", daily: 1_000 }] };
    const settings = {
      redis: { url: redis.url, keyPrefix },
      budgets,
      limits: [{ scope: "user", concurrentCalls: 1_000 }],
    };
    const start = (port: number, stateFolder?: string): Promise<RouterProcess> => {
      const configuration = moneySettings(provider, { ...settings, server: { port } }) as JsonObject;
      return startRouter(t, {
        configuration,
        ...(stateFolder === undefined ? {} : { stateFolder }),
        deadlineMs: 30_000,
      });
    };
    const routers = await Promise.all(ports.map((port) => start(port)));
    const url = await startBalancer(t, ports);
    const { call } = clientOf(url);

    const life = { isOver: false };
    const failures: string[] = [];
    const served = { whole: 0, streamed: 0 };
    const callOnce = async (isStream: boolean): Promise<void> => {
      try {
        const answer = await call({ stream: isStream });
        const text = await answer.text();
        if (answer.status !== 200) failures.push(`${answer.status}: ${text.slice(0, 200)}`);
        else if (isStream && !text.includes("event: message_stop")) failures.push(`cut: ${text.slice(-200)}`);
        else served[isStream ? "streamed" : "whole"]++;
      } catch (error) {
        failures.push(`${String(error)} ${String((error as Error).cause)}`);
      }
    };
    const load = Array.from({ length: callers }, async (_, index) => {
      while (!life.isOver) {
        await callOnce(index % 3 !== 0);
        await pass((index % 7) * 10);
      }
    });
    await waitUntil("load is on", () => served.whole + served.streamed > callers);
    for (const [index, router] of routers.entries()) {
      // A stream that outlasts the restart, on each instance.
      provider.behaveNext({ tokensPerSecond: 25, answerTokens: 100 }, callers / 2);
      await pass(300);
      assert.equal(await router.stop(40_000), 0);
      routers[index] = await start(ports[index]!, router.stateFolder);
      await pass(1_200); // until the balancer tries it again
    }
    life.isOver = true;
    await Promise.all(load);
    t.diagnostic(`${served.whole} whole, ${served.streamed} streamed, ${failures.length} failed`);
    assert.deepEqual(failures, []);
    assert.ok(served.whole + served.streamed > 300);
  },
);
