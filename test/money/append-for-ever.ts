/**
 * A process for the kill test: hands over about 2,000 calls a second and tells what it did, until it is killed.
 *
 * It prints `appended <id> <turn>` with each call, `kept <turn>` when the event loop has turned, and
 * `written <id>,…` for what the ledger says is in the database.
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../src/core/time/clock.ts";
import { silentLogger } from "../../src/core/log/logging.ts";
import { createSqliteLedger } from "../../src/costs/ledger/sqlite/sqlite.ts";
import { createTestRecord } from "../../src/costs/ledger/test-record.ts";

const [path = "", run = ""] = process.argv.slice(2);
const ledger = createSqliteLedger({ path, clock: systemClock, logger: silentLogger });
await ledger.flush(); // ready, as a router is before it listens
let next = 0;
let turn = 0;
let unacknowledged: string[] = [];

setInterval(() => {
  turn += 1;
  const thisTurn = turn;
  for (let call = 0; call < 10; call++) {
    const id = `req_${run}_${next++}`;
    writeSync(1, `appended ${id} ${thisTurn}\n`);
    ledger.append(createTestRecord({ id, user: `user-${next % 9}` }));
    unacknowledged.push(id);
  }
  setImmediate(() => writeSync(1, `kept ${thisTurn}\n`));
}, 5);

setInterval(() => {
  const ids = unacknowledged;
  unacknowledged = [];
  void ledger.flush().then((isWritten) => {
    if (isWritten && ids.length > 0) writeSync(1, `written ${ids.join(",")}\n`);
  });
}, 70);
