/** What the router recorded: calls out of a ledger's file, read beside the router that writes it. */
import { DatabaseSync } from "node:sqlite";
import type { CallRecord } from "../../src/core/record.ts";
import { recordFromRow } from "../../src/costs/ledger/row.ts";
import { waitUntil } from "./wait-until.ts";

/** The records of the calls with these ids (`x-ccr-request-id`), as soon as all of them are in the ledger's file. */
export async function readRecords(ledgerPath: string, ids: Iterable<string>): Promise<ReadonlyMap<string, CallRecord>> {
  const wanted = new Set(ids);
  const database = new DatabaseSync(ledgerPath, { readOnly: true });
  try {
    const query = database.prepare("SELECT * FROM calls");
    return await waitUntil(`${wanted.size} calls are in the ledger`, () => {
      const records = new Map(query.all().map((row) => [String(row["id"]), recordFromRow(row)]));
      return [...wanted].every((id) => records.has(id)) ? records : null;
    });
  } finally {
    database.close();
  }
}
