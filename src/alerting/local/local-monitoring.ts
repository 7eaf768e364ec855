/**
 * Prometheus, Alertmanager and the exporters on this machine around a router: the programs that are installed, with the rules and
 * routes that `ccr ops build` writes, for the addresses that they have here. They end with this process.
 */
import { dirname, join } from "node:path";
import type { AlertingConfig } from "../../config/schema.ts";
import { buildOpsFiles } from "../build-ops-files.ts";
import type { OpsFile } from "../ops-file.ts";
import { atOwnAddresses } from "../own-addresses.ts";
import type { ChildProgram } from "./child-program.ts";
import type { ProgramName } from "./installed-programs.ts";
import { createSpans } from "../spans.ts";
import { startAlertmanager, startNodeExporter, startPrometheus, startRedisExporter } from "./local-programs.ts";
import type { LocalProgram, ProgramPlace } from "./local-programs.ts";

export interface LocalMonitoringPlan {
  /** Files of the programs; null: not installed, or not wanted. Without Prometheus nothing can be watched. */
  readonly programs: Readonly<Record<ProgramName, string | null>>;
  /** For configuration and data. */
  readonly folder: string;
  /** Thresholds and objectives; targets and receivers are those of this machine, whatever it says. */
  readonly alerting: AlertingConfig;
  /** Routers as `host:port`. */
  readonly routers: readonly string[];
  /** null: no redis_exporter. */
  readonly redisUrl: string | null;
  /** Gets every alert. */
  readonly webhookUrl: string;
  /** Ports to take where they are free. */
  readonly ports: Readonly<Partial<Record<ProgramName, number>>>;
  /** Shortens all spans of the rules alike; 1 for rules in use. */
  readonly timeScale: number;
  readonly nodeExporterArgs?: readonly string[];
}

export interface LocalMonitoring {
  /** Those that run, in the order of their start. */
  readonly running: ReadonlyMap<ProgramName, LocalProgram>;
  /** Resolves with the first program that ends by itself. */
  readonly ended: Promise<ChildProgram>;
  /** Ends them all, the last one first. */
  close(): Promise<void>;
}

/** The ports that these programs usually have. */
export const usualPorts: Readonly<Record<ProgramName, number>> = {
  prometheus: 9090,
  alertmanager: 9093,
  nodeExporter: 9100,
  redisExporter: 9121,
};

/** Rejects, with none left running, where one of them does not start. */
export async function startLocalMonitoring(plan: LocalMonitoringPlan): Promise<LocalMonitoring> {
  const running = new Map<ProgramName, LocalProgram>();
  let isClosing = false;
  const close = async (): Promise<void> => {
    isClosing = true;
    for (const { program } of [...running.values()].reverse()) await program.stop();
  };
  try {
    await startExporters(plan, running);
    await startWatchers(plan, running);
  } catch (error) {
    await close();
    throw error;
  }
  const ended = new Promise<ChildProgram>((resolve) => {
    for (const { program } of running.values()) {
      void program.exited.then(() => {
        if (!isClosing) resolve(program);
      });
    }
  });
  return { running, ended, close };
}

async function startExporters(plan: LocalMonitoringPlan, running: Map<ProgramName, LocalProgram>): Promise<void> {
  const nodeExporter = placeOf(plan, "nodeExporter");
  if (nodeExporter !== null) {
    running.set("nodeExporter", await startNodeExporter(nodeExporter, plan.nodeExporterArgs));
  }
  const redisExporter = placeOf(plan, "redisExporter");
  if (redisExporter !== null && plan.redisUrl !== null) {
    running.set("redisExporter", await startRedisExporter(redisExporter, plan.redisUrl));
  }
}

/** Alertmanager first: Prometheus must know its address. */
async function startWatchers(plan: LocalMonitoringPlan, running: Map<ProgramName, LocalProgram>): Promise<void> {
  const alertmanager = placeOf(plan, "alertmanager");
  const filesNow = (): readonly OpsFile[] => localFiles(plan, running);
  if (alertmanager !== null) {
    const files = filesOf(filesNow(), "alertmanager");
    running.set("alertmanager", await startAlertmanager(alertmanager, files["alertmanager.yml"]!, files));
  }
  // Prometheus may look at its rules before it has found Alertmanager: what was missed is told again soon, not after a minute.
  const args = [`--rules.alert.resend-delay=${createSpans(plan.timeScale)("15s")}`];
  const prometheus = placeOf(plan, "prometheus");
  if (prometheus !== null) {
    const files = filesOf(filesNow(), "prometheus");
    running.set("prometheus", await startPrometheus(prometheus, files["prometheus.yml"]!, files, args));
  }
}

function placeOf({ programs, folder, ports }: LocalMonitoringPlan, name: ProgramName): ProgramPlace | null {
  const command = programs[name];
  const port = ports[name];
  if (command === null) return null;
  return { command, folder: join(folder, name), ...(port === undefined ? {} : { port }) };
}

/** The files for those that run: what does not run is no target, and no alert speaks of it. */
function localFiles(plan: LocalMonitoringPlan, running: ReadonlyMap<ProgramName, LocalProgram>): readonly OpsFile[] {
  const { alerting, routers, webhookUrl, timeScale } = plan;
  const targetOf = (name: ProgramName): string[] => {
    const program = running.get(name);
    return program === undefined ? [] : [`127.0.0.1:${program.port}`];
  };
  const targets = {
    router: [...routers],
    nodeExporter: targetOf("nodeExporter"),
    redisExporter: targetOf("redisExporter"),
    alertmanager: targetOf("alertmanager"),
  };
  const own = atOwnAddresses(alerting, targets, { url: webhookUrl, credentialsFile: null });
  return buildOpsFiles({ alerting: own, timeScale });
}

/** Files of one folder below `ops/`, by their path in it. */
function filesOf(files: readonly OpsFile[], folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    files
      .filter(({ path }) => dirname(path).split("/")[0] === folder)
      .map(({ path, text }) => [path.slice(folder.length + 1), text]),
  );
}
