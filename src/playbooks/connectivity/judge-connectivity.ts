/** Can a provider be reached, and does it take the keys? Pure. */
import { dayMs } from "../../core/time/durations.ts";
import { critical, graded, ok, skipped, warning } from "../finding.ts";
import type { Finding } from "../finding.ts";
import { formatMs } from "../figures.ts";
import type { ProviderCheck } from "./check-providers.ts";
import type { CredentialProbe, EndpointProbe, Step } from "./connectivity.ts";

/** Of the certificate's validity. */
const expiryDays = { warning: 14, critical: 3 };
const slowMs = 2_000;

/** Findings for one provider, in the order of the way. */
export function judgeProviderCheck(check: ProviderCheck, nowMs: number): readonly Finding[] {
  if (check.kind === "unusable") {
    return [critical(check.provider, check.reason, "mend its settings: `ccr validate-config`")];
  }
  const { provider, endpoint, credentials } = check.connectivity;
  const name = (what: string): string => `${provider} ${what}`;
  return [
    judgeStep(
      name("DNS"),
      endpoint.dns,
      ({ addresses }) => addresses.join(", "),
      "check the name and /etc/resolv.conf",
    ),
    judgeStep(name("TCP"), endpoint.tcp, ({ address }) => address, "check the network, the firewall and the proxy"),
    judgeTls(name("TLS"), endpoint.tls, nowMs),
    ...(credentials.length === 0
      ? [skipped(name("key"), "not shown to it: it has no free question, or takes the client's own key")]
      : credentials.map((probe) => judgeCredential(provider, probe))),
  ];
}

function judgeStep<Detail>(
  check: string,
  step: Step<Detail>,
  describe: (detail: Detail) => string,
  remedy: string,
): Finding {
  if (step.kind === "left-out") return skipped(check, step.reason);
  if (step.kind === "failed") return critical(check, `${step.reason} (after ${formatMs(step.tookMs)})`, remedy);
  const summary = `${formatMs(step.tookMs)}, ${describe(step.detail)}`;
  return step.tookMs < slowMs ? ok(check, summary) : warning(check, `slow: ${summary}`, remedy);
}

function judgeTls(check: string, step: EndpointProbe["tls"], nowMs: number): Finding {
  const clock = "check this machine's clock, and `caFile` for an authority of your own";
  // What is wrong with a certificate is a detail of a step that is done.
  const speech = "check that `baseUrl` means a port that speaks TLS (http or https?), and what stands in between";
  if (step.kind !== "done") return judgeStep(check, step, () => "", speech);
  const { expiresAtMs, issuer, distrust } = step.detail;
  const days = Math.floor((expiresAtMs - nowMs) / dayMs);
  const until = new Date(expiresAtMs).toISOString().slice(0, 10);
  if (distrust !== null)
    return critical(check, `its certificate is not trusted: ${distrust} (good until ${until})`, clock);
  return graded(
    check,
    -days,
    { warning: -expiryDays.warning, critical: -expiryDays.critical },
    `${formatMs(step.tookMs)}, by ${issuer}, good for ${days} days (until ${until})`,
    "tell whoever runs the provider or the proxy in between to renew it; have a fallback ready",
  );
}

function judgeCredential(provider: string, { credential, answer }: CredentialProbe): Finding {
  const check = `${provider} key ${credential}`;
  if (answer.kind !== "done") return judgeStep(check, answer, () => "", "see the steps above");
  const { status } = answer.detail;
  const took = `status ${status} in ${formatMs(answer.tookMs)}`;
  if (status < 300) return ok(check, `accepted: ${took}`);
  if (status === 401)
    return critical(check, `refused: ${took}`, "put a valid key into the configuration or environment");
  if (status === 402) return critical(check, `no credit: ${took}`, "top the account up at the provider");
  if (status === 403) return critical(check, `not allowed: ${took}`, "check what the key may do, and your region");
  if (status === 429) return warning(check, `limited: ${took}`, "wait, add a key, or ask for a higher limit");
  if (status === 404 || status === 405) return skipped(check, `the provider has no list of models (${took})`);
  if (status >= 500) return warning(check, `the provider fails: ${took}`, "look at its status page; have a fallback");
  return warning(check, `unexpected: ${took}`, "check `baseUrl`");
}
