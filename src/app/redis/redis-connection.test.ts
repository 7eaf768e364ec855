import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "../../core/time/clock.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { connectRedis } from "./redis-connection.ts";

test("a Redis that is not there delays neither the start nor a command, and says why it is away", async () => {
  const startedMs = performance.now();
  const settings = { url: "redis://127.0.0.1:1", keyPrefix: "ccr:", caFile: null, sentinel: null, cluster: null };
  const connection = await connectRedis(settings, createManualClock(0), silentLogger);
  try {
    assert.equal(connection.isUp(), false);
    assert.match(connection.trouble() ?? "", /ECONNREFUSED/);
    await assert.rejects(connection.commands.call("GET", ["key"]));
    await assert.rejects(connection.commands.unhurried.call("GET", ["key"]), /^Error: .*ECONNREFUSED/);
    await assert.rejects(
      connection.commands.unhurried.eachKey("*", async () => undefined),
      /^Error: .*ECONNREFUSED/,
    );
    assert.ok(performance.now() - startedMs < 1_500);
  } finally {
    connection.close();
  }
});
