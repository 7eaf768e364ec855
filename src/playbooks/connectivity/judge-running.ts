/** What a running router knows of a provider: breakers that keep calls away, and errors since its start. Pure. */
import { formatCount } from "../figures.ts";
import { ok, skipped, warning } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { Scrape } from "../metrics-text.ts";

export interface Breaker {
  readonly provider: string;
  readonly model: string;
  readonly kind: string;
}

/** `breakers`: null where the router shows them to operators only. `scrape`: null where no router runs, too. */
export function judgeRunning(
  provider: string,
  breakers: readonly Breaker[] | null,
  scrape: Scrape | null,
): readonly Finding[] {
  if (scrape === null) return [];
  return [
    judgeBreakers(provider, breakers),
    ok(`${provider} errors`, `${errorsOf(provider, scrape)} since the router's start`),
  ];
}

function judgeBreakers(provider: string, breakers: readonly Breaker[] | null): Finding {
  const check = `${provider} breakers`;
  if (breakers === null) return skipped(check, "shown with the operators' key only (CCR_ADMIN_KEY)");
  const open = breakers.filter((one) => one.provider === provider && one.kind !== "closed");
  if (open.length === 0) return ok(check, "none open");
  const remedy = `the router tries again by itself; \`ccr investigate provider ${provider}\` says what fails`;
  return warning(check, open.map(({ model, kind }) => `${model} ${kind}`).join(", "), remedy);
}

/** The most frequent first. They say nothing of now, so they are no fault by themselves. */
function errorsOf(provider: string, scrape: Scrape): string {
  const codes = (scrape.get("ccr_provider_errors_total") ?? [])
    .filter(({ labels, value }) => labels["provider"] === provider && value > 0)
    .sort((a, b) => b.value - a.value)
    .map(({ labels, value }) => `${labels["error_type"]} ${formatCount(value)}`);
  return codes.length === 0 ? "none" : codes.join(", ");
}
