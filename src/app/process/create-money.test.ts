import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createTemporaryFolder } from "../../../test/kit/temporary-folder.ts";
import { loadConfig } from "../../config/load.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { systemClock } from "../../core/time/clock.ts";
import { createTestRecord } from "../../costs/ledger/test-record.ts";
import { Journal } from "../../costs/ledger/waiting/journal.ts";
import { linesFromRecords } from "../../costs/ledger/waiting/row-line.ts";
import { createMoney } from "./create-money.ts";

test("where Redis's certificates cannot be read, the ledger is closed again", async (t) => {
  const folder = createTemporaryFolder(t);
  const { config } = loadConfig({ environment: { CCR_HOME: folder }, folder });
  const sqlitePath = join(folder, "ledger.sqlite");
  // What an earlier process left is brought in as soon as the ledger is open: its thread has begun by then.
  const left = new Journal(sqlitePath);
  left.append(Buffer.from(linesFromRecords([createTestRecord({ id: "req_1" })])), 1);
  left.close();
  const url = "rediss://127.0.0.1:1";
  const redis = { url, keyPrefix: "ccr:", caFile: join(folder, "absent.pem"), sentinel: null, cluster: null };
  const opening = createMoney(
    { ...config, redis, ledger: { ...config.ledger, sqlitePath } },
    systemClock,
    silentLogger,
  );
  await assert.rejects(opening, { code: "ENOENT" });
  assert.deepEqual(readdirSync(folder), ["ledger.sqlite"]);
});
