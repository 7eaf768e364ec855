/**
 * `ccr keys`: the keys of callers and operators. A key is shown once, when it is made; only its hash is kept.
 *
 * A running router watches the file: keys work, and stop working, at once.
 */
import { addKey, readStoredKeys, revokeKey } from "../../config/keys-file.ts";
import type { KeyRequest, StoredKey } from "../../config/keys-file.ts";
import { readInstant } from "../../core/time/read-instant.ts";
import { stateFolder } from "../arguments/command-context.ts";
import type { CommandContext } from "../arguments/command-context.ts";
import type { ConfigArguments } from "../arguments/command-options.ts";
import { readCount } from "../arguments/read-count.ts";
import { CliError, exitCodes } from "../output/exit-codes.ts";
import { findInstance } from "../instance/find-instance.ts";
import { loadRunningSettings } from "../instance/load-settings.ts";

export interface CreateArguments extends ConfigArguments {
  readonly user?: string;
  readonly team?: string;
  readonly tier?: string;
  readonly models?: string;
  readonly expires?: string;
  readonly rpm?: string;
  readonly tpm?: string;
  readonly concurrency?: string;
  readonly admin?: boolean;
}

export async function create(context: CommandContext, given: CreateArguments): Promise<number> {
  const nowMs = Date.now();
  const file = keysFile(context, given);
  const { key, stored } = await addKey(file, toRequest(given, nowMs), nowMs);
  tellRouter(context);
  const { output, notes } = context;
  if (given.json === true) output.json({ key, ...toPublic(stored, nowMs) });
  else {
    output.line(key);
    const whose = `${stored.user}${stored.isAdmin ? " (operators' API)" : ""}`;
    notes.line(`${stored.id} for ${whose}, kept in ${file}; shown only now: keep it safe`);
  }
  return exitCodes.ok;
}

export async function list(context: CommandContext, given: ConfigArguments): Promise<number> {
  const nowMs = Date.now();
  const keys = (await readStoredKeys(keysFile(context, given))).map((key) => toPublic(key, nowMs));
  const { output } = context;
  if (given.json === true) output.json(keys);
  else if (keys.length === 0)
    output.line("no keys: only this machine is served; `ccr keys create --user NAME` makes one");
  else output.table(keys.map(toRow), ["id", "user", "team", "tier", "state", "models", "limits", "expires"]);
  return exitCodes.ok;
}

export async function revoke(context: CommandContext, id: string, given: ConfigArguments): Promise<number> {
  const path = keysFile(context, given);
  const outcome = await revokeKey(path, id, Date.now());
  tellRouter(context);
  if (outcome === "unknown") throw new CliError(`there is no key ${id}`, "`ccr keys list` shows them");
  if (given.json === true) context.output.json({ id, outcome });
  else context.output.line(outcome === "revoked" ? `revoked ${id}` : `${id} was revoked before`);
  const keys = await readStoredKeys(path);
  if (areAllRevoked(keys.filter((key) => !key.isAdmin)))
    context.notes.line("no caller's key is in force: nobody is served until `ccr keys create` makes one");
  if (areAllRevoked(keys.filter((key) => key.isAdmin)))
    context.notes.line("no operators' key of the file is in force: `ccr keys create --admin` makes one");
  return exitCodes.ok;
}

/** False where none was ever made: then none is needed. */
function areAllRevoked(keys: readonly StoredKey[]): boolean {
  return keys.length > 0 && keys.every(({ revokedAtMs }) => revokedAtMs !== null);
}

/** A running router reads its keys again at once, and not when it next looks at the file. */
function tellRouter(context: CommandContext): void {
  const instance = findInstance(stateFolder(context));
  if (instance?.state !== "running") return;
  try {
    process.kill(instance.pid, "SIGHUP");
  } catch {
    // Another user's, or just gone: it looks by itself.
  }
}

function keysFile(context: CommandContext, { config }: ConfigArguments): string {
  return loadRunningSettings(context, config, ["auth"]).config.auth.keysFile;
}

function toRequest(given: CreateArguments, nowMs: number): KeyRequest {
  const isAdmin = given.admin === true;
  if (given.user === undefined && !isAdmin) {
    throw new CliError(
      "a key needs its user",
      "add `--user NAME`, or `--admin` for the operators' API",
      exitCodes.usage,
    );
  }
  return {
    user: parseName("--user", given.user ?? "operator"),
    team: given.team === undefined ? null : parseName("--team", given.team),
    tier: parseName("--tier", given.tier ?? "standard"),
    allowedModels: given.models === undefined ? null : parseModels(given.models),
    limits: {
      requestsPerMinute: parseCount("--rpm", given.rpm),
      tokensPerMinute: parseCount("--tpm", given.tpm),
      concurrentCalls: parseCount("--concurrency", given.concurrency),
    },
    expiresAtMs: given.expires === undefined ? null : parseExpiry(given.expires, nowMs),
    isAdmin,
  };
}

function parseModels(text: string): readonly string[] {
  const models = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (models.length === 0)
    throw new CliError("--models names none", "give names or `*` patterns, with commas", exitCodes.usage);
  return models;
}

function parseCount(option: string, text: string | undefined): number | null {
  return text === undefined ? null : readCount(option, text, { least: 1, most: Number.MAX_SAFE_INTEGER });
}

const spanMs: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Later than any key lives, and within what a date can say. */
const latestExpiryMs = Date.UTC(2200, 0);
const longestName = 128;

/** `30d`, `12h`, `4w` from now on, or a day or instant that is still to come. */
function parseExpiry(text: string, nowMs: number): number {
  const span = /^(\d+)([hdw])$/.exec(text);
  const atMs = span === null ? readInstant(text) : nowMs + Number(span[1]) * (spanMs[span[2] ?? ""] ?? 0);
  if (!(atMs < latestExpiryMs)) {
    throw new CliError("--expires takes a span or a day", "such as 30d, 12h or 2027-01-31", exitCodes.usage);
  }
  if (atMs <= nowMs) throw new CliError(`--expires ${text} has passed already`, null, exitCodes.usage);
  return atMs;
}

/** Names stand in tables, logs, metrics and headers: one line, and of a length that a person would choose. */
function parseName(option: string, text: string): string {
  const name = text.trim();
  if (name === "") throw new CliError(`${option} is empty`, null, exitCodes.usage);
  if (name.length > longestName) {
    throw new CliError(`${option}: at most ${longestName} characters`, null, exitCodes.usage);
  }
  if (/\p{C}/u.test(name)) throw new CliError(`${option} holds a character that cannot be seen`, null, exitCodes.usage);
  return name;
}

/** What may be shown of a key: everything but its hash. */
interface PublicKey extends Pick<StoredKey, "id" | "user" | "team" | "tier" | "isAdmin" | "allowedModels" | "limits"> {
  readonly state: "active" | "expired" | "revoked";
  readonly expiresAt: string | null;
  readonly createdAt: string;
}

function toPublic(key: StoredKey, nowMs: number): PublicKey {
  const isExpired = key.expiresAtMs !== null && key.expiresAtMs <= nowMs;
  const { id, user, team, tier, isAdmin, allowedModels, limits } = key;
  return {
    id,
    user,
    team,
    tier,
    isAdmin,
    allowedModels,
    limits,
    state: key.revokedAtMs !== null ? "revoked" : isExpired ? "expired" : "active",
    expiresAt: key.expiresAtMs === null ? null : new Date(key.expiresAtMs).toISOString(),
    createdAt: new Date(key.createdAtMs).toISOString(),
  };
}

function toRow(key: PublicKey): readonly string[] {
  const { requestsPerMinute, tokensPerMinute, concurrentCalls } = key.limits;
  const limits = [
    requestsPerMinute === null ? null : `${requestsPerMinute} requests/min`,
    tokensPerMinute === null ? null : `${tokensPerMinute} tokens/min`,
    concurrentCalls === null ? null : `${concurrentCalls} at once`,
  ].filter((limit) => limit !== null);
  return [
    key.id,
    key.user,
    key.team ?? "-",
    key.isAdmin ? "admin" : key.tier,
    key.state,
    key.allowedModels?.join(",") ?? "all",
    limits.join(", ") || "none",
    key.expiresAt?.slice(0, 10) ?? "never",
  ];
}
