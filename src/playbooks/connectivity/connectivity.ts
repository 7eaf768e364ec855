/** The way to a provider, step by step, as probed: words of probe-endpoint.ts, probe-credentials.ts and the judge. */

/** A step of the way and how long it took. */
export type Step<Detail> =
  | { readonly kind: "done"; readonly tookMs: number; readonly detail: Detail }
  | { readonly kind: "failed"; readonly tookMs: number; readonly reason: string }
  /** Not tried: an earlier step failed, or there is no such step (`reason` says which). */
  | { readonly kind: "left-out"; readonly reason: string };

export interface Certificate {
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  readonly issuer: string;
  /** Why it is not trusted; null where it is. */
  readonly distrust: string | null;
}

export interface Endpoint {
  /** `https://api.anthropic.com` */
  readonly origin: string;
  /** null: the way is direct. */
  readonly proxy: string | null;
  /** PEM of an authority trusted besides the usual ones. */
  readonly ca: string | null;
}

export interface EndpointProbe {
  readonly dns: Step<{ readonly addresses: readonly string[] }>;
  readonly tcp: Step<{ readonly address: string }>;
  readonly tls: Step<Certificate>;
}

/** What the provider said to one key, asked for its list of models, which is free. */
export interface CredentialProbe {
  readonly credential: string;
  readonly answer: Step<{
    readonly status: number;
    /** What the provider's clock shows, Unix milliseconds; null where it does not say. */
    readonly providerTimeMs: number | null;
  }>;
}

export interface ProviderConnectivity {
  readonly provider: string;
  readonly origin: string;
  readonly proxy: string | null;
  readonly endpoint: EndpointProbe;
  readonly credentials: readonly CredentialProbe[];
}
