/** A Redis of a trial's own, which may be filled, killed and started again at the same port. */
import { spawnSync } from "node:child_process";
import { startChildProgram } from "../../src/alerting/local/child-program.ts";
import type { ChildProgram } from "../../src/alerting/local/child-program.ts";
import { freePort } from "../../src/alerting/local/free-port.ts";
import { waitUntil } from "../kit/wait-until.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

export class OwnRedis {
  readonly port: number;
  readonly #folder: string;
  #program: ChildProgram | null = null;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(t: CleansUp, folder: string): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort(), folder);
    t.after(() => redis.stop());
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    this.#program = await startChildProgram({ name: "redis", command: "redis-server", args, folder: this.#folder });
    await waitUntil("Redis answers", () => this.command("ping") === "PONG");
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  /** As a crash: no farewell to anybody. */
  async kill(): Promise<void> {
    if (this.#program === null) return;
    if (this.#program.pid !== null) process.kill(this.#program.pid, "SIGKILL");
    await this.#program.exited;
  }

  /** Its answer as redis-cli prints it. */
  command(...words: readonly string[]): string {
    const { stdout } = spawnSync("redis-cli", ["-h", "127.0.0.1", "-p", String(this.port), ...words], {
      encoding: "utf8",
    });
    return stdout.trim();
  }
}
