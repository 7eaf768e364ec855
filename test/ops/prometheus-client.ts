/** Questions to a Prometheus over its HTTP API. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class PrometheusClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** An instant query, as it is now or was at `time` (Unix seconds). Throws with Prometheus's words on a bad one. */
  async query(expression: string, time?: number): Promise<readonly Sample[]> {
    const at = time === undefined ? {} : { time: String(time) };
    const data = await this.#ask("/api/v1/query", { query: expression, ...at });
    const { result } = data as { result: { metric: Record<string, string>; value: [number, string] }[] };
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The first value; null where there is none. */
  async value(expression: string): Promise<number | null> {
    return (await this.query(expression))[0]?.value ?? null;
  }

  async labelValues(label: string, selector: string): Promise<readonly string[]> {
    return (await this.#ask(`/api/v1/label/${label}/values`, { "match[]": selector })) as string[];
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}?${new URLSearchParams(parameters).toString()}`);
    const body = (await answer.json()) as { status: string; error?: string; data: unknown };
    if (body.status !== "success") throw new Error(`${body.error}: ${parameters["query"] ?? path}`);
    return body.data;
  }
}
