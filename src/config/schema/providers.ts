/** Settings of a provider: where it is, how it is asked and with which credentials. */
import { z } from "zod";
import { dialects } from "../../core/dialect.ts";
import type { Dialect } from "../../core/dialect.ts";
import { traitsSchema } from "./traits.ts";
import type { TraitsConfig } from "./traits.ts";
import { decimal, flag, headers, httpUrl, milliseconds, orNull, providerKey, text, wholeNumber } from "./values.ts";

export interface ProviderKey {
  /** Public name, for records and logs. */
  readonly name: string;
  readonly value: string;
  readonly weight: number;
}

export interface ModelConfig {
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly traits: TraitsConfig;
}

export interface ProviderConfig {
  /** Catalog entry, `custom` for none. */
  readonly kind: string;
  readonly baseUrl: string | null;
  readonly region: string | null;
  readonly dialect: Dialect | null;
  /** `apiKey` is the first of them; empty takes the key from the catalog entry's environment variable. */
  readonly keys: readonly ProviderKey[];
  readonly credentials: "configured" | "passthrough" | "none";
  /** By name, in the order of the file. */
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly restrictModels: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Address of a proxy, "none" for never one, null for what the environment says. */
  readonly proxy: string | null;
  /** Absolute path. */
  readonly caFile: string | null;
  readonly traits: TraitsConfig;
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstByteMs: number;
    readonly betweenBytesMs: number;
    readonly totalMs: number;
  };
  readonly maxSockets: number;
}

const namedKeySchema = z.strictObject({
  name: orNull(text()).describe("Name for records and logs (default `key-1`, `key-2`, …)."),
  value: providerKey().describe("The key itself, best as `${VARIABLE}` or `${file:/path}`."),
  weight: decimal(0.001, 1000).default(1).describe("Share of calls compared with the other keys."),
});

/** A key, or all about it. */
const keySchema = z
  .union([providerKey(), namedKeySchema])
  .transform((key) => (typeof key === "string" ? { name: null, value: key, weight: 1 } : key));

const modelSchema: z.ZodType<ModelConfig> = z.strictObject({
  contextTokens: orNull(wholeNumber(1)).describe("Context window in tokens."),
  maxOutputTokens: orNull(wholeNumber(1)).describe("Largest output that may be asked for."),
  traits: traitsSchema.prefault({}).describe("Quirks of this model alone."),
});

const modelsSchema: z.ZodType<Readonly<Record<string, ModelConfig>>> = z
  .union([z.array(text()), z.record(text(), modelSchema)])
  .transform((value) =>
    Array.isArray(value) ? Object.fromEntries(value.map((name) => [name, modelSchema.parse({})])) : value,
  );

const timeoutsSchema = z
  .strictObject({
    connectMs: milliseconds().default(10_000).describe("To connect, TLS included."),
    firstByteMs: milliseconds().default(300_000).describe("From the request's end to the answer's head."),
    betweenBytesMs: milliseconds().default(120_000).describe("Longest silence inside an answer."),
    totalMs: milliseconds().default(1_800_000).describe("For the whole call."),
  })
  .prefault({})
  .describe("Time limits, one a phase.");

const settingsSchema = z.strictObject({
  kind: orNull(text()).describe("Catalog entry, or `custom`. Default: the provider's name."),
  baseUrl: orNull(httpUrl()).describe("Replaces the entry's address; needed for `custom`."),
  region: orNull(text()).describe("One of the entry's variants."),
  dialect: orNull(z.enum(dialects)).describe("Only this dialect, where the entry has several; needed for `custom`."),
  apiKey: orNull(providerKey()).describe("Its only key. Default: the entry's environment variable."),
  keys: z
    .array(keySchema)
    .default([])
    .describe("Several keys in place of `apiKey`, each with its own cooldown: texts, or maps."),
  credentials: z
    .enum(["configured", "passthrough", "none"])
    .default("configured")
    .describe("`passthrough` sends the client's own credential on; `none` sends none."),
  traits: traitsSchema.prefault({}).describe("Quirks of all its models, where the catalog is silent or wrong."),
  models: modelsSchema
    .prefault({})
    .describe("Models to list: names, or a map of names to what is known of them. Default: the entry's."),
  restrictModels: flag().default(false).describe("Whether only listed models may be asked for."),
  headers: headers()
    .prefault({})
    .describe("Headers to send with every request, over the client's; `anthropic-beta` is added to the client's."),
  proxy: orNull(z.union([z.literal("none"), httpUrl()])).describe(
    "HTTP proxy, or `none`. Default: `HTTPS_PROXY` and `NO_PROXY` of the environment.",
  ),
  caFile: orNull(text()).describe("PEM file of certificate authorities to trust besides the system's."),
  timeouts: timeoutsSchema,
  maxSockets: wholeNumber(1, 65_535).default(10_000).describe("Connections at once."),
});

/** All providers by name. */
export const providersSchema: z.ZodType<Readonly<Record<string, ProviderConfig>>> = z
  .record(
    z.string().regex(/^[A-Za-z0-9][\w.-]*$/, { error: "a provider's name is letters, digits, `-`, `_`, `.`" }),
    settingsSchema,
  )
  .transform((value) =>
    Object.fromEntries(Object.entries(value).map(([name, settings]) => [name, toProviderConfig(name, settings)])),
  )
  .prefault({})
  .describe("The providers by name. Without any, those whose keys the environment holds.");

function toProviderConfig(name: string, settings: z.output<typeof settingsSchema>): ProviderConfig {
  const { apiKey, keys, kind, ...rest } = settings;
  const given = apiKey === null ? keys : [{ name: null, value: apiKey, weight: 1 }, ...keys];
  return {
    ...rest,
    kind: kind ?? name,
    keys: given.map((key, index) => ({ ...key, name: key.name ?? `key-${index + 1}` })),
  };
}
