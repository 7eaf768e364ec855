/**
 * Monitoring around a router, for as long as this process lives: what is installed of Prometheus, Alertmanager and the exporters, and a
 * receiver that puts the alerts where `ccr alerts` finds them.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { debianPackages, findPrograms } from "../../alerting/local/installed-programs.ts";
import type { ProgramName } from "../../alerting/local/installed-programs.ts";
import { startLocalMonitoring, usualPorts } from "../../alerting/local/local-monitoring.ts";
import type { Config } from "../../config/schema.ts";
import { alertingSchema } from "../../config/schema/alerting.ts";
import { silentLogger } from "../../core/log/logging.ts";
import { packageFolder } from "../../core/files/own-files.ts";
import { startAlertListener } from "../app.ts";
import { CliError } from "../output/exit-codes.ts";

export interface MonitoringWish {
  readonly config: Config;
  /** Where the router listens. */
  readonly router: { readonly url: string; readonly host: string };
  /** For the programs' configuration and data. */
  readonly folder: string;
  /** The variable PATH. */
  readonly path: string;
}

export interface RunningMonitoring {
  /** Name and address of all that runs; `page`: where a person looks. */
  readonly parts: readonly { readonly name: string; readonly url: string; readonly page: string }[];
  /** Debian's packages of what is not installed. */
  readonly missingPackages: readonly string[];
  /** Resolves with a sentence when one of the programs ends by itself. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** Rejects with CliError where Prometheus is not installed: without it there is nothing to watch with. */
export async function startMonitoring({ config, router, folder, path }: MonitoringWish): Promise<RunningMonitoring> {
  const programs = findPrograms(path);
  if (programs.prometheus === null) throw missingPrometheus();
  const listener = await listenForAlerts(config);
  try {
    const monitoring = await startLocalMonitoring({
      programs,
      folder,
      alerting: { ...config.alerting, runbookUrl: ownRunbookUrl(config, router.url) },
      routers: [router.host],
      redisUrl: config.redis?.url ?? null,
      webhookUrl: `http://${listener.host}:${listener.port}/api/alerts/webhook`,
      ports: usualPorts,
      timeScale: 1,
    });
    const missing = (Object.keys(programs) as ProgramName[]).filter(
      (name) => programs[name] === null && (name !== "redisExporter" || config.redis !== null),
    );
    const started = [...monitoring.running].reverse();
    return {
      parts: await Promise.all(
        started.map(async ([name, { url }]) => ({ name: partNames[name], url, page: await pageOf(name, url) })),
      ),
      missingPackages: missing.map((name) => debianPackages[name]),
      ended: monitoring.ended.then((program) => `${program.name} has ended: ${lastLine(program.output())}`),
      close: async () => {
        await monitoring.close();
        await listener.close();
      },
    };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

const partNames: Readonly<Record<ProgramName, string>> = {
  prometheus: "Prometheus",
  alertmanager: "Alertmanager",
  nodeExporter: "node_exporter",
  redisExporter: "redis_exporter",
};

/** Debian builds Prometheus with its older pages only, which stand elsewhere. */
async function pageOf(name: ProgramName, url: string): Promise<string> {
  if (name === "alertmanager") return `${url}/`;
  if (name !== "prometheus") return `${url}/metrics`;
  const { ok } = await fetch(`${url}/alerts`, { method: "HEAD" });
  return ok ? `${url}/alerts` : `${url}/classic/alerts`;
}

function missingPrometheus(): CliError {
  const composeFile = join(packageFolder, "ops/compose.yaml");
  const packages = Object.values(debianPackages).join(" ");
  const compose = existsSync(composeFile) ? `, or run \`docker compose --file ${composeFile} up --detach\`` : "";
  return new CliError("Prometheus is not installed on this machine", `\`apt-get install ${packages}\`${compose}`);
}

/** At the port of the operations guide if it is free, else at any. */
async function listenForAlerts(config: Config): Promise<Awaited<ReturnType<typeof startAlertListener>>> {
  const options = { config, host: "127.0.0.1", logger: silentLogger };
  try {
    return await startAlertListener({ ...options, port: 5001 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return startAlertListener({ ...options, port: 0 });
  }
}

/** Runbooks are where this router shows them, unless the configuration says otherwise. */
function ownRunbookUrl({ alerting }: Config, routerUrl: string): string {
  const shipped = alertingSchema.parse({}).runbookUrl;
  return alerting.runbookUrl === shipped ? `${routerUrl}/runbooks/{alert}` : alerting.runbookUrl;
}

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
