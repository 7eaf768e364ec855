/** What a running router knows of a provider: breakers that keep calls away, and errors since its start. Pure. */
import { formatCount } from "../figures.ts";
import { ok, warning } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { Scrape } from "../metrics-text.ts";

export interface Breaker {
  readonly provider: string;
  readonly model: string;
  readonly kind: string;
}

/** `breakers`, `scrape`: null where the router does not show them. */
export function judgeRunning(
  provider: string,
  breakers: readonly Breaker[] | null,
  scrape: Scrape | null,
): readonly Finding[] {
  const open = breakers?.filter((one) => one.provider === provider && one.kind !== "closed") ?? [];
  const remedy = `the router tries again by itself; \`ccr investigate provider ${provider}\` says what fails`;
  const summary = open.map(({ model, kind }) => `${model} ${kind}`).join(", ");
  return [
    ...(breakers === null ? [] : [judgeBreakers(`${provider} breakers`, summary, remedy)]),
    ...(scrape === null ? [] : [ok(`${provider} errors`, `${errorsOf(provider, scrape)} since the router's start`)]),
  ];
}

function judgeBreakers(check: string, summary: string, remedy: string): Finding {
  return summary === "" ? ok(check, "none open") : warning(check, summary, remedy);
}

/** The most frequent first. They say nothing of now, so they are no fault by themselves. */
function errorsOf(provider: string, scrape: Scrape): string {
  const codes = (scrape.get("ccr_provider_errors_total") ?? [])
    .filter(({ labels, value }) => labels["provider"] === provider && value > 0)
    .sort((a, b) => b.value - a.value)
    .map(({ labels, value }) => `${labels["error_type"]} ${formatCount(value)}`);
  return codes.length === 0 ? "none" : codes.join(", ");
}
