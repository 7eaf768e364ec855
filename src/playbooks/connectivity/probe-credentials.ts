/** Shows each key of a provider to it, with a question that costs nothing: which models are there? */
import type { CredentialPool, Credential, Provider } from "../../providers/provider.ts";
import type { CredentialProbe } from "./connectivity.ts";
import { timed } from "./probe-endpoint.ts";

/** One probe for each key; none where the provider has no such list or takes the client's own key. */
export async function probeCredentials(
  provider: Provider,
  limitMs: number,
  nowMs: number,
): Promise<readonly CredentialProbe[]> {
  const path = provider.path("models", provider.dialects[0]!, "");
  if (path === null || provider.isPassthrough) return [];
  return Promise.all(
    credentialsOf(provider.credentials, nowMs).map(async (credential) => ({
      credential: credential.name,
      answer: await timed(limitMs, async (signal) => {
        const exchange = provider.upstream.send({
          method: "GET",
          path,
          headers: { ...provider.headers, ...credential.headers, "accept-encoding": "identity" },
          body: null,
          timeouts: { connectMs: limitMs, firstByteMs: limitMs, betweenBytesMs: limitMs },
        });
        signal.addEventListener("abort", () => exchange.abort());
        const { status, headers } = (await exchange.answer).head;
        const date = Date.parse(String(headers["date"]));
        return { status, providerTimeMs: Number.isNaN(date) ? null : date };
      }),
    })),
  );
}

/** All of them: the pool hands out one after the other. */
function credentialsOf(pool: CredentialPool, nowMs: number): readonly Credential[] {
  const found: Credential[] = [];
  for (;;) {
    const taken = pool.take(
      nowMs,
      found.map(({ name }) => name),
    );
    if (taken.kind === "cooling" || found.some(({ name }) => name === taken.credential.name)) return found;
    found.push(taken.credential);
  }
}
