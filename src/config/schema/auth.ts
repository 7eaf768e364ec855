/** Settings of keys: who may call. Only hashes stand in the file. */
import { z } from "zod";
import type { CallerLimits } from "../../core/caller.ts";
import type { CallerKey } from "../../core/caller-key.ts";
import { instantMs, orNull, text, wholeNumber } from "./values.ts";

export interface AuthConfig {
  /** Absolute path. */
  readonly keysFile: string;
  readonly adminKeyHash: string | null;
  readonly keys: readonly CallerKey[];
  readonly trustedHosts: readonly string[];
}

const hash = () =>
  z
    .string()
    .regex(/^(sha256:)?[0-9a-fA-F]{64}$/, {
      error: "must be a SHA-256 in hex (64 digits)",
    })
    .transform((value) => value.replace(/^sha256:/, "").toLowerCase());

const limits = {
  requestsPerMinute: orNull(wholeNumber(1)).describe("Requests a minute."),
  tokensPerMinute: orNull(wholeNumber(1)).describe("Tokens a minute, in and out."),
  concurrentCalls: orNull(wholeNumber(1)).describe("Calls at once."),
};

const limitsSchema: z.ZodType<CallerLimits> = z.strictObject(limits);

/** The limits of one member of a scope. */
export interface LimitConfig extends CallerLimits {
  readonly scope: "key" | "user" | "team" | "tier" | "model" | "all";
  /** Which one; null: each of them by itself. */
  readonly id: string | null;
}

export const callLimitsSchema: z.ZodType<readonly LimitConfig[]> = z
  .array(
    z
      .strictObject({
        scope: z
          .enum(["key", "user", "team", "tier", "model", "all"])
          .describe("Whose calls it limits; `model`: by the name that is asked for."),
        id: orNull(text()).describe("Which one, in place of the entry for each. Default: each one by itself."),
        ...limits,
      })
      .refine((limit) => limit.requestsPerMinute ?? limit.tokensPerMinute ?? limit.concurrentCalls, {
        error: "names no limit",
      }),
  )
  .default([])
  .describe("Limits on requests, tokens and calls at once; a call must keep all that apply.");

/** A key in ccr.yaml. */
const keySchema: z.ZodType<CallerKey> = z
  .strictObject({
    hash: hash().describe("SHA-256 of the key in hex."),
    user: text().describe("Whose it is."),
    team: orNull(text()).describe("Team, for rules, budgets and reports."),
    tier: text().default("standard").describe("Tier, for rules and budgets."),
    allowedModels: orNull(z.array(text()).min(1)).describe("Models or `*` patterns it may ask for. Default: all."),
    limits: limitsSchema.prefault({}).describe("Limits of the key. Default: none."),
    expires: orNull(instantMs()).describe("Day or instant from which it is refused."),
  })
  .transform(({ expires, ...key }) => ({ ...key, id: `key_${key.hash.slice(0, 8)}`, expiresAtMs: expires }));

export const authSchema: z.ZodType<AuthConfig> = z
  .strictObject({
    keysFile: text().default("<state>/keys.json").describe("Where `ccr keys` keeps the hashes of keys."),
    adminKeyHash: orNull(hash()).describe("Hash of the key that opens the operators' API."),
    keys: z.array(keySchema).default([]).describe("Keys besides those of the file."),
    trustedHosts: z
      .array(text())
      .default([])
      .describe(
        "Host names by which clients may call and figures be read, besides loopback, while there are no keys. A proxy under one may ask for other machines.",
      ),
  })
  .prefault({})
  .describe(
    "Who may call. Without any key only this machine is served; once one was made, nobody without, even when all are revoked.",
  );
