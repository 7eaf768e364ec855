/**
 * Sign-ins by the device flow (RFC 8628): a client begins one and asks how it stands, a person ends it in a browser.
 *
 * They live in the ledger's database, so the client and the browser may reach different routers. It holds only what is
 * of no use to a reader: the hash of the device code, a short code that is good for ten minutes, and the key sealed
 * for the one client that waits.
 */
import { hash, randomInt } from "node:crypto";
import type { Clock } from "../../core/time/clock.ts";
import type { LedgerTables } from "../../costs/ledger/ledger.ts";
import { createSealPair, seal, unseal } from "./sealed-key.ts";

export interface BegunSignIn {
  /** The client's secret. */
  readonly deviceCode: string;
  /** What the person compares or types: `BCDF-GHJK`. */
  readonly userCode: string;
}

/** How a client's sign-in stands. */
export type SignInStanding =
  | { readonly kind: "pending" }
  /** Asked again before `pollEveryMs` were over. */
  | { readonly kind: "too-soon" }
  | { readonly kind: "denied" }
  /** Over, collected before, or never begun. */
  | { readonly kind: "expired" }
  | { readonly kind: "signed-in"; readonly key: string };

export interface SignIns {
  begin(): Promise<BegunSignIn>;
  /** Seconds since a waiting sign-in began; null where none waits under this code. */
  ageSeconds(userCode: string): Promise<number | null>;
  /** Hands the key over; null refuses. False where none waits under this code. */
  decide(userCode: string, key: string | null): Promise<boolean>;
  /** A key is handed out once. */
  ask(deviceCode: string): Promise<SignInStanding>;
}

export const lifetimeMs = 600_000;
export const pollEveryMs = 5_000;
/** A client's clock and the network make intervals a little shorter than what they were told. */
const pollSlackMs = 1_000;
/**
 * Anybody may begin, so more push out what waits longest for its client's next question. Those that strangers begin and
 * never ask about go first; nobody who signs in has to wait until they are over.
 */
const maxWaiting = 1_000;

const makeRoom = `DELETE FROM sign_ins WHERE state <> 'approved' AND device_hash NOT IN (
  SELECT device_hash FROM sign_ins WHERE state <> 'approved'
  ORDER BY asked_at_ms DESC, started_at_ms DESC LIMIT ${maxWaiting - 1})`;

/** Without vowels, no words; without Y, no doubt when it is read aloud (RFC 8628, 6.1). */
const letters = "BCDFGHJKLMNPQRSTVWXZ";

export function createSignIns(tables: LedgerTables, clock: Clock): SignIns {
  const waiting = "state = 'pending' AND expires_at_ms > ?";
  return {
    async begin() {
      const nowMs = clock.nowMs();
      const { publicKey, privateKey } = createSealPair();
      const userCode = createUserCode();
      await tables.write([
        { sql: "DELETE FROM sign_ins WHERE expires_at_ms <= ?", parameters: [nowMs] },
        { sql: makeRoom, parameters: [] },
        {
          sql: `INSERT INTO sign_ins (device_hash, user_code, seal_key, state, started_at_ms, expires_at_ms, asked_at_ms)
            VALUES (?, ?, ?, 'pending', ?, ?, 0)`,
          parameters: [hashOf(privateKey), userCode, publicKey, nowMs, nowMs + lifetimeMs],
        },
      ]);
      return { deviceCode: privateKey, userCode };
    },
    async ageSeconds(userCode) {
      const nowMs = clock.nowMs();
      const sql = `SELECT started_at_ms FROM sign_ins WHERE user_code = ? AND ${waiting}`;
      const [row] = await tables.query(sql, [toUserCode(userCode), nowMs]);
      return row === undefined ? null : Math.max(0, Math.round((nowMs - Number(row["started_at_ms"])) / 1000));
    },
    async decide(userCode, key) {
      const code = toUserCode(userCode);
      const sql = `SELECT seal_key FROM sign_ins WHERE user_code = ? AND ${waiting}`;
      const [row] = await tables.query(sql, [code, clock.nowMs()]);
      if (row === undefined) return false;
      await tables.write([
        {
          // Only the first decision counts, whoever makes a second one meanwhile.
          sql: "UPDATE sign_ins SET state = ?, sealed_key = ? WHERE user_code = ? AND state = 'pending'",
          parameters: [key === null ? "denied" : "approved", key && seal(key, String(row["seal_key"])), code],
        },
      ]);
      return true;
    },
    async ask(deviceCode) {
      const nowMs = clock.nowMs();
      const deviceHash = hashOf(deviceCode);
      const [row] = await tables.query("SELECT * FROM sign_ins WHERE device_hash = ?", [deviceHash]);
      if (row === undefined || Number(row["expires_at_ms"]) <= nowMs) return { kind: "expired" };
      if (row["state"] === "pending") {
        const isTooSoon = nowMs - Number(row["asked_at_ms"]) < pollEveryMs - pollSlackMs;
        const sql = "UPDATE sign_ins SET asked_at_ms = ? WHERE device_hash = ?";
        await tables.write([{ sql, parameters: [nowMs, deviceHash] }]);
        return { kind: isTooSoon ? "too-soon" : "pending" };
      }
      await tables.write([{ sql: "DELETE FROM sign_ins WHERE device_hash = ?", parameters: [deviceHash] }]);
      if (row["state"] !== "approved") return { kind: "denied" };
      const pair = { publicKey: String(row["seal_key"]), privateKey: deviceCode };
      const key = unseal(String(row["sealed_key"]), pair);
      return key === null ? { kind: "expired" } : { kind: "signed-in", key };
    },
  };
}

/** People type codes in lower case, with or without the hyphen. */
function toUserCode(typed: string): string {
  const plain = typed.toUpperCase().replace(/[^A-Z]/g, "");
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}

function createUserCode(): string {
  const code = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join("");
  return toUserCode(code);
}

function hashOf(deviceCode: string): string {
  return hash("sha256", deviceCode, "hex");
}
