/** Copies of a ledger in PostgreSQL, by PostgreSQL's own `pg_dump` and `pg_restore`. */
import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { text } from "node:stream/consumers";

/**
 * The tables of the ledger's schema as one file, consistent, while routers write. It must not be there yet; its owner alone
 * may read it. Rejects with Error; a half copy does not stay.
 */
export async function backUpPostgres(url: string, schema: string, to: string): Promise<void> {
  closeSync(openSync(to, "wx", 0o600));
  try {
    await run("pg_dump", ["--format=custom", "--no-owner", `--schema=${schema}`, `--file=${to}`], url);
  } catch (error) {
    rmSync(to, { force: true });
    throw error;
  }
}

/** Puts the tables of the file in the place of those that are there, all or none. No router may be using them. */
export function restorePostgres(url: string, from: string): Promise<void> {
  const database = connectionOf(url)["PGDATABASE"] ?? "";
  const options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"];
  return run("pg_restore", [...options, `--dbname=${database}`, from], url);
}

/** Parameters of the URL that libpq, too, takes from the environment. */
const byEnvironment: Readonly<Record<string, string>> = {
  host: "PGHOST",
  port: "PGPORT",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
};

/** Who, where and the password go by the environment: arguments are seen by everybody on the machine. */
function connectionOf(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url.replace("@/", "@host/"));
  const given = [...searchParams].flatMap(([name, value]) => {
    const variable = byEnvironment[name];
    // The router's own word for TLS without a look at the certificate.
    return variable === undefined ? [] : [[variable, value === "no-verify" ? "require" : value]];
  });
  return {
    PGHOST: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, "$1"),
    ...(port === "" ? {} : { PGPORT: port }),
    ...(username === "" ? {} : { PGUSER: decodeURIComponent(username) }),
    ...(password === "" ? {} : { PGPASSWORD: decodeURIComponent(password) }),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...Object.fromEntries(given),
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
  if (exitCode !== 0) throw new Error((await said).trim().replaceAll(/\s*\n\s*/g, " ") || `${program} failed`);
}
