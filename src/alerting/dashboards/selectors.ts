/** Parts of queries: matchers that tie them to the choices at the top of a dashboard, and figures by labels. */

/** The routers that are chosen. Goes into every selector of a router's metric. */
export const here = 'job=~"$job",instance=~"$instance"';

/** The same for the providers that are chosen. */
export const hereByProvider: string = `${here},provider=~"$provider"`;

/** The same for the routes that are chosen. */
export const hereByRoute: string = `${here},route=~"$route"`;

/** Labels by which targets are told apart, and a line's name by them. */
export const byTarget: readonly string[] = ["provider", "model"];
export const target = "{{provider}}/{{model}}";

/** A quantile of a histogram over the dashboard's interval, by these labels. */
export function quantile(q: number, histogram: string, by: readonly string[], matchers: string): string {
  const labels = ["le", ...by].join(", ");
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${histogram}_bucket{${matchers}}[$__rate_interval])))`;
}

/** Mean of a histogram over the dashboard's interval. No line where nothing was observed: 0 / 0 says nothing. */
export function mean(histogram: string, by: readonly string[], matchers: string): string {
  const part = (suffix: string): string => `${sumBy(by)} (rate(${histogram}_${suffix}{${matchers}}[$__rate_interval]))`;
  return `${part("sum")} / (${part("count")} > 0)`;
}

/**
 * Part of a counter's rate that `wanted` matches, of all that `matchers` match, by labels. Zero, and not nothing, where the
 * wanted series are not born yet; nothing where there is no traffic.
 */
export function share(counter: string, by: readonly string[], matchers: string, wanted: string): string {
  return shareOver("$__rate_interval", counter, by, matchers, wanted);
}

/** The same over a window of its own, for what happens seldom. */
export function shareOver(
  window: string,
  counter: string,
  by: readonly string[],
  matchers: string,
  wanted: string,
): string {
  const part = (labels: string): string => `${sumBy(by)} (rate(${counter}{${labels}}[${window}]))`;
  const whole = part(matchers);
  return `(${part(`${matchers},${wanted}`)} or ${whole} * 0) / (${whole} > 0)`;
}

function sumBy(labels: readonly string[]): string {
  return labels.length === 0 ? "sum" : `sum by (${labels.join(", ")})`;
}
