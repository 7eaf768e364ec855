/** Copies of a ledger in PostgreSQL, by PostgreSQL's own `pg_dump` and `pg_restore`. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** The tables of the ledger's schema as one file, consistent, while routers write. Rejects with Error. */
export function backUpPostgres(url: string, schema: string, to: string): Promise<void> {
  return run("pg_dump", ["--format=custom", "--no-owner", `--schema=${schema}`, `--file=${to}`], url);
}

/** Puts the tables of the file in the place of those that are there, all or none. No router may be using them. */
export function restorePostgres(url: string, from: string): Promise<void> {
  const database = new URL(url).pathname.slice(1);
  const options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"];
  return run("pg_restore", [...options, `--dbname=${decodeURIComponent(database)}`, from], url);
}

/** Who, where and the password go by the environment: arguments are seen by everybody on the machine. */
function connectionOf(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const sslMode = searchParams.get("sslmode");
  return {
    PGHOST: hostname,
    ...(port === "" ? {} : { PGPORT: port }),
    ...(username === "" ? {} : { PGUSER: decodeURIComponent(username) }),
    ...(password === "" ? {} : { PGPASSWORD: decodeURIComponent(password) }),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...(sslMode === null ? {} : { PGSSLMODE: sslMode }),
    PGCONNECT_TIMEOUT: "10",
  };
}

async function run(program: string, args: readonly string[], url: string): Promise<void> {
  const child = spawn(program, args, {
    env: { ...process.env, ...connectionOf(url) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = text(child.stderr);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", () => reject(new Error(`${program} is not installed: it comes with PostgreSQL's client`)));
    child.once("close", resolve);
  });
  if (exitCode !== 0) throw new Error(`${program}: ${(await said).trim().split("\n").at(-1) ?? "failed"}`);
}
