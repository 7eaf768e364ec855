/** Which certificate authorities a client trusts. */
import * as tls from "node:tls";

/** What Node trusts by itself and `ca` (PEM) besides. */
export function authoritiesWith(ca: string): string[] {
  // NODE_EXTRA_CA_CERTS too, where this Node can say so (from 22.15 and 24).
  const { getCACertificates } = tls as Partial<typeof tls>;
  return [...(getCACertificates?.("default") ?? tls.rootCertificates), ca];
}
