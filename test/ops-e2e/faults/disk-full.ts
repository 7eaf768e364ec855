import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../fault.ts";

const sizeBytes = 16 * 1024 * 1024;
const mountName = "disk";

function mount(folder: string): string | null {
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", folder], {
    encoding: "utf8",
  });
  return status === 0 ? null : stderr.trim();
}

export const diskFull: Fault = {
  name: "disk-full",
  title: "a small file system is filled to 95 %",
  alert: "DiskSpaceLow",
  labels: { fstype: "tmpfs" },
  // Its processor is left out: trials side by side keep this machine's busy, and HighCpuUsage would be right.
  nodeExporterArgs: ["--collector.disable-defaults", "--collector.filesystem"],
  obstacle: () => (process.getuid?.() === 0 ? null : "only root may mount a small file system"),
  prepare: ({ folder, after }) => {
    const place = join(folder, mountName);
    mkdirSync(place);
    const refusal = mount(place);
    if (refusal !== null) throw new Error(`no small file system can be mounted: ${refusal}`);
    after(() => void spawnSync("umount", [place]));
  },
  inject: ({ folder }) => writeFileSync(join(folder, mountName, "filler"), Buffer.alloc(sizeBytes * 0.95)),
  mend: ({ folder }) => rmSync(join(folder, mountName, "filler")),
};
