/**
 * A key on its way from the person who pastes it to the client that waits for it, through a database that must not know it.
 *
 * The client holds a private key (it is its device code), the database the public one. The person's side seals the key
 * with a pair of its own: X25519, then AES-256-GCM under a key derived by HKDF (RFC 7748, RFC 5869).
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from "node:crypto";
import type { KeyObject } from "node:crypto";

export interface SealPair {
  /** Both base64url. The private one opens what was sealed with the public one. */
  readonly publicKey: string;
  readonly privateKey: string;
}

const tagBytes = 16;
/** Each sealing has a key of its own, so one nonce serves all. */
const nonce = Buffer.alloc(12);

export function createSealPair(): SealPair {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  return { publicKey: exportKey(publicKey), privateKey: privateKey.export({ format: "jwk" }).d ?? "" };
}

/** Answers base64url. */
export function seal(text: string, publicKey: string): string {
  const own = generateKeyPairSync("x25519");
  const cipher = createCipheriv("aes-256-gcm", sharedKey(own.privateKey, importPublic(publicKey)), nonce);
  const ownPublic = Buffer.from(exportKey(own.publicKey), "base64url");
  return Buffer.concat([ownPublic, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
    "base64url",
  );
}

/** The text; null where it was sealed for another pair, or changed since. */
export function unseal(sealed: string, { publicKey, privateKey }: SealPair): string | null {
  const bytes = Buffer.from(sealed, "base64url");
  try {
    const other = importPublic(bytes.toString("base64url", 0, 32));
    const own = createPrivateKey({ format: "jwk", key: { kty: "OKP", crv: "X25519", x: publicKey, d: privateKey } });
    const decipher = createDecipheriv("aes-256-gcm", sharedKey(own, other), nonce);
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(32, -tagBytes)), decipher.final()]).toString();
  } catch {
    return null;
  }
}

function sharedKey(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", diffieHellman({ privateKey, publicKey }), "", "ccr sign-in", 32));
}

function exportKey(publicKey: KeyObject): string {
  return publicKey.export({ format: "jwk" }).x ?? "";
}

function importPublic(x: string): KeyObject {
  return createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "X25519", x } });
}
