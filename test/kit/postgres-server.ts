/** PostgreSQL servers of a test's own, on free ports: to freeze, kill, fill and fail over, which the shared one must not be. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { QueryResultRow } from "pg";
import { freePort } from "../../src/alerting/local/free-port.ts";
import type { CleansUp } from "./temporary-folder.ts";
import { waitUntil } from "./wait-until.ts";

/** Where Debian keeps the newest version's programs; null without any. */
const programs = newestPrograms("/usr/lib/postgresql");
/** The server refuses to run as root: who runs it then; null where this process is somebody else. */
const account = process.getuid?.() === 0 ? accountOf("postgres") : null;

/** Why tests that start servers cannot run here; false where they can. */
export const noPostgresServer: string | false =
  programs === null
    ? "no PostgreSQL server on this machine"
    : process.getuid?.() === 0 && account === null
      ? "no user postgres to run a server as"
      : false;

export interface PostgresServer {
  readonly port: number;
  readonly url: string;
  /** Stops every process of it where it stands (SIGSTOP): connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it on the same port and with the same data. */
  start(): Promise<void>;
  query<Row extends QueryResultRow>(sql: string): Promise<readonly Row[]>;
  /** A standby that follows it and takes no rows until it is promoted. */
  startStandby(): Promise<PostgresServer>;
  /** A database on a disk of its own that can be filled to its last byte; null where this machine lets nobody mount one. */
  createTinyDatabase(): Promise<TinyDatabase | null>;
}

export interface TinyDatabase {
  readonly url: string;
  /** Leaves no room on its disk. */
  fill(): void;
  free(): void;
}

const tinyDiskBytes = 32 * 1024 * 1024;

export async function startPostgresServer(t: CleansUp): Promise<PostgresServer> {
  const folder = createServerFolder();
  run("initdb", ["-D", folder, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C"]);
  return manage(t, folder);
}

async function manage(t: CleansUp, folder: string): Promise<PostgresServer> {
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = { port, unix_socket_directories: folder, listen_addresses: "127.0.0.1", fsync: "off" };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  let child: ChildProcess | null = null;
  /** The postmaster's children lead groups of their own: each is told by itself, the youngest last. */
  const signalAll = (signal: NodeJS.Signals): void => {
    if (child?.pid === undefined) return;
    for (const pid of [child.pid, ...childrenOf(child.pid)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // it has just ended
      }
    }
  };
  const kill = async (): Promise<void> => {
    const running = child;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    signalAll("SIGKILL");
    child = null;
    await once(running, "exit");
  };
  const query = async <Row extends QueryResultRow>(sql: string): Promise<readonly Row[]> => {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const start = async (): Promise<void> => {
    child = spawn(join(programs!, "postgres"), ["-D", folder, ...args], { stdio: "ignore", ...account });
    await waitUntil(`PostgreSQL answers on port ${port}`, () => query("SELECT 1"), 30_000);
  };
  t.after(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  await start();
  return {
    port,
    url,
    freeze: () => signalAll("SIGSTOP"),
    thaw: () => signalAll("SIGCONT"),
    kill,
    start,
    query,
    async startStandby() {
      const copy = createServerFolder();
      run("pg_basebackup", ["-d", url, "-D", copy, "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
      return manage(t, copy);
    },
    async createTinyDatabase() {
      const disk = mountTinyDisk(t);
      if (disk === null) return null;
      await query(`CREATE TABLESPACE tiny LOCATION '${disk}'`);
      await query("CREATE DATABASE tiny TABLESPACE tiny");
      const ballast = join(disk, "ballast");
      return {
        url: url.replace(/postgres$/, "tiny"),
        fill: () => fillDisk(ballast),
        free: () => rmSync(ballast),
      };
    },
  };
}

function mountTinyDisk(t: CleansUp): string | null {
  const folder = createServerFolder();
  const { uid, gid } = account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const options = `size=${tinyDiskBytes},mode=0700,uid=${uid},gid=${gid}`;
  const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder]).status === 0;
  t.after(() => {
    if (isMounted) spawnSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return isMounted ? folder : null;
}

function fillDisk(path: string): void {
  const piece = Buffer.alloc(4_096);
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, piece);
  } catch {
    closeSync(file); // there is no room left
  }
}

/** Belongs to whoever runs the server. */
function createServerFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ccr-test-"));
  if (account !== null) chownSync(folder, account.uid, account.gid);
  return folder;
}

function run(program: string, args: readonly string[]): void {
  execFileSync(join(programs!, program), args, { stdio: "pipe", ...account });
}

function newestPrograms(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const versions = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
  const found = versions.map((version) => join(folder, version, "bin"));
  return found.find((one) => existsSync(join(one, "initdb"))) ?? null;
}

function accountOf(name: string): { readonly uid: number; readonly gid: number } | null {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`));
  if (line === undefined) return null;
  const [, , uid, gid] = line.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}
