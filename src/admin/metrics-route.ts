/** `/metrics`, for Prometheus. */
import type { AdminRoute } from "./admin-route.ts";

export interface MetricsSource {
  /** The exposition that `accept` asks for, and its content type. */
  answerScrape(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function metricsRoutes(source: MetricsSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/metrics",
      access: "host",
      handle: async (request) => ({ status: 200, ...(await source.answerScrape(request.header("accept"))) }),
    },
  ];
}
