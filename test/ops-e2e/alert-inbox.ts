/** The receiver at the end of the chain: a web hook that Alertmanager calls, and what came in. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { waitUntil } from "../kit/wait-until.ts";
import type { CleansUp } from "../kit/temporary-folder.ts";

export interface Delivery {
  readonly alert: string;
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** On the monotonic clock. */
  readonly atMs: number;
}

interface Payload {
  readonly alerts: readonly {
    readonly status: "firing" | "resolved";
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

export class AlertInbox {
  readonly url: string;
  readonly #deliveries: Delivery[];

  private constructor(url: string, deliveries: Delivery[]) {
    this.url = url;
    this.#deliveries = deliveries;
  }

  static async open(t: CleansUp): Promise<AlertInbox> {
    const deliveries: Delivery[] = [];
    const server = createServer((request, answer) => {
      void json(request).then((payload) => {
        const atMs = performance.now();
        for (const { status, labels, annotations } of (payload as Payload).alerts) {
          deliveries.push({ alert: labels["alertname"] ?? "", status, labels, annotations, atMs });
        }
        answer.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return new AlertInbox(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, deliveries);
  }

  /** All that came, in its order. */
  get deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  /** Names of alerts that fired, each once. */
  firedNames(): readonly string[] {
    return [...new Set(this.#deliveries.filter(({ status }) => status === "firing").map(({ alert }) => alert))];
  }

  /** The first delivery of this alert in this state since `sinceMs`. Rejects at the deadline with what came instead. */
  async wait(alert: string, status: Delivery["status"], sinceMs: number, deadlineMs: number): Promise<Delivery> {
    const find = (): Delivery | undefined =>
      this.#deliveries.find((one) => one.alert === alert && one.status === status && one.atMs >= sinceMs);
    try {
      return await waitUntil(`${alert} is ${status}`, find, Math.max(0, sinceMs + deadlineMs - performance.now()));
    } catch {
      const came = this.firedNames().filter((name) => name !== "Watchdog");
      throw new Error(
        `${alert} was not delivered as ${status} within ${Math.round(deadlineMs / 1000)} s; delivered were: ${came.join(", ") || "none"}`,
      );
    }
  }
}
