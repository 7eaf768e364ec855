/** A Prometheus over given blocks, on a free port, without anything to scrape. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../../src/alerting/local/free-port.ts";

export type Sample = readonly [time: number, value: string];

export interface Prometheus {
  /** What `expression` is, minute by minute: Unix seconds and value, of all its series. */
  samples(expression: string, fromSeconds: number, toSeconds: number): Promise<readonly Sample[]>;
  value(expression: string, atSeconds: number): Promise<number>;
  close(): Promise<void>;
}

/** Prometheus answers at most 11,000 points at once. */
const pointsAtOnce = 10_000;

export async function startPrometheus(folder: string): Promise<Prometheus> {
  writeFileSync(join(folder, "prometheus.yml"), "global: {}\n");
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [
    "--storage.tsdb.retention.time=100y",
    "--query.lookback-delta=90s",
    "--storage.tsdb.max-block-duration=30d",
    `--web.listen-address=${address}`,
  ];
  const files = [`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn("prometheus", [...flags, ...files], { stdio: "ignore" });
  const url = `http://${address}`;
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await fetch(`${url}/-/ready`).catch(() => null))?.ok === true) break;
    await wait(200);
  }
  return {
    samples: async (expression, from, to) => {
      const samples: Sample[] = [];
      for (let start = from; start <= to; start += pointsAtOnce * 60) {
        const end = Math.min(to, start + (pointsAtOnce - 1) * 60);
        const query = new URLSearchParams({ query: expression, start: `${start}`, end: `${end}`, step: "60" });
        const result = (await ask(`${url}/api/v1/query_range`, query)) as readonly {
          readonly values: readonly [number, string][];
        }[];
        samples.push(...result.flatMap(({ values }) => values));
      }
      return samples;
    },
    value: async (expression, at) => {
      const query = new URLSearchParams({ query: expression, time: `${at}` });
      const [first] = (await ask(`${url}/api/v1/query`, query)) as readonly {
        readonly value: readonly [number, string];
      }[];
      return Number(first?.value[1]);
    },
    close: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}

/** Throws Error with what it said where promtool fails. */
export function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`promtool ${args.slice(0, 3).join(" ")}: ${stdout}${stderr}`);
}

async function ask(url: string, body: URLSearchParams): Promise<unknown> {
  const answer = (await (await fetch(url, { method: "POST", body })).json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data?: { readonly result: unknown };
  };
  if (answer.status !== "success") throw new Error(answer.error);
  return answer.data?.result;
}
