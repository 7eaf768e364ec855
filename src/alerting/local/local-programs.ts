/** Prometheus, Alertmanager and the exporters as programs on loopback: their arguments, and what tells that they are ready. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../core/files/make-folder.ts";
import { freePort } from "./free-port.ts";
import { startChildProgram, untilReady } from "./child-program.ts";
import type { ChildProgram } from "./child-program.ts";

/** One that listens. */
export interface LocalProgram {
  readonly url: string;
  readonly port: number;
  readonly program: ChildProgram;
}

export interface ProgramPlace {
  /** The program's file. */
  readonly command: string;
  /** For its files; made if it is not there. */
  readonly folder: string;
  /** The port to take if it is free, else any. */
  readonly port?: number;
}

/** `config` as it stands in prometheus.yml; `files` are written beside it (rules). */
export async function startPrometheus(
  place: ProgramPlace,
  config: string,
  files: Readonly<Record<string, string>> = {},
  extraArgs: readonly string[] = [],
): Promise<LocalProgram> {
  await writeFiles(place.folder, { "prometheus.yml": config, ...files });
  return startListening("Prometheus", place, "/-/ready", (address) => [
    `--config.file=${join(place.folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(place.folder, "data")}`,
    `--web.listen-address=${address}`,
    `--web.external-url=http://${address}`,
    "--enable-feature=exemplar-storage",
    "--log.level=warn",
    ...extraArgs,
  ]);
}

/** `config` as it stands in alertmanager.yml; `files` are written beside it (templates, secrets). */
export async function startAlertmanager(
  place: ProgramPlace,
  config: string,
  files: Readonly<Record<string, string>> = {},
): Promise<LocalProgram> {
  await writeFiles(place.folder, { "alertmanager.yml": config, ...files });
  return startListening("Alertmanager", place, "/-/ready", (address) => [
    `--config.file=${join(place.folder, "alertmanager.yml")}`,
    `--storage.path=${join(place.folder, "data")}`,
    `--web.listen-address=${address}`,
    `--web.external-url=http://${address}`,
    // One instance: nothing to gossip with, and no wait for others before the first notification.
    "--cluster.listen-address=",
    "--log.level=warn",
  ]);
}

/** With its usual collectors, unless `extraArgs` say otherwise. */
export function startNodeExporter(place: ProgramPlace, extraArgs: readonly string[] = []): Promise<LocalProgram> {
  return startListening("node_exporter", place, "/", (address) => [`--web.listen-address=${address}`, ...extraArgs]);
}

/** `redisUrl` may hold a password: it goes by the environment, which other users of the machine cannot read. */
export function startRedisExporter(place: ProgramPlace, redisUrl: string): Promise<LocalProgram> {
  const args = (address: string): readonly string[] => ["-web.listen-address", address, "-connection-timeout", "1s"];
  return startListening("redis_exporter", place, "/health", args, { REDIS_ADDR: redisUrl });
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  makeFolder(folder, 0o700);
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    makeFolder(dirname(file), 0o700);
    await writeFile(file, text, { mode: 0o600 });
  }
}

async function startListening(
  name: string,
  { command, folder, port: wanted }: ProgramPlace,
  readyPath: string,
  args: (address: string) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<LocalProgram> {
  makeFolder(folder, 0o700);
  const port = await freePort(wanted);
  const address = `127.0.0.1:${port}`;
  const program = await startChildProgram({ name, command, args: args(address), folder, env });
  try {
    await untilReady(program, `http://${address}${readyPath}`);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return { url: `http://${address}`, port, program };
}
