/** Asks PostgreSQL who it is: changes nothing there. */
import type { Step } from "../connectivity/connectivity.ts";
import { timed } from "../connectivity/probe-endpoint.ts";

export function probePostgres(url: string, limitMs: number): Promise<Step<{ readonly version: string }>> {
  return timed(limitMs, async () => {
    const { Client } = await import("pg");
    const client = new Client({ connectionString: url, connectionTimeoutMillis: limitMs, query_timeout: limitMs });
    client.on("error", () => undefined); // told by the query that fails, too
    await client.connect();
    try {
      const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version') AS version");
      return { version: `PostgreSQL ${rows[0]?.version ?? ""}` };
    } finally {
      await client.end().catch(() => undefined);
    }
  });
}
