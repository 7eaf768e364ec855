/** Which certificate authorities a client trusts. */

/** What Node trusts by itself and `ca` (PEM) besides. */
export function authoritiesWith(ca: string): string[] {
  // Fetched when it is needed: 4 MB, and a router with local providers alone needs none of it.
  const tls = process.getBuiltinModule("node:tls");
  // NODE_EXTRA_CA_CERTS too, where this Node can say so (from 22.15 and 24).
  const { getCACertificates } = tls as Partial<typeof tls>;
  return [...(getCACertificates?.("default") ?? tls.rootCertificates), ca];
}
