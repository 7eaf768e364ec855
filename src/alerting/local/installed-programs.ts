/** Which of the monitoring programs this machine has, under the names of Debian or of the projects themselves. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type ProgramName = "prometheus" | "alertmanager" | "nodeExporter" | "redisExporter";

const names: Readonly<Record<ProgramName, readonly string[]>> = {
  prometheus: ["prometheus"],
  alertmanager: ["prometheus-alertmanager", "alertmanager"],
  nodeExporter: ["prometheus-node-exporter", "node_exporter"],
  redisExporter: ["prometheus-redis-exporter", "redis_exporter"],
};

/** Debian's packages, for messages about what is missing. */
export const debianPackages: Readonly<Record<ProgramName, string>> = {
  prometheus: "prometheus",
  alertmanager: "prometheus-alertmanager",
  nodeExporter: "prometheus-node-exporter",
  redisExporter: "prometheus-redis-exporter",
};

/** The file of each program on `path` (the variable PATH); null where there is none. */
export function findPrograms(path: string): Readonly<Record<ProgramName, string | null>> {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const find = (program: ProgramName): string | null =>
    names[program].flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable) ?? null;
  return {
    prometheus: find("prometheus"),
    alertmanager: find("alertmanager"),
    nodeExporter: find("nodeExporter"),
    redisExporter: find("redisExporter"),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
