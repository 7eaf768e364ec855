/**
 * The kinds of value that settings are made of, each with its reading of text.
 *
 * A value that came from `${VARIABLE}` is text, so numbers and switches are read from text too. Equal kinds are one schema:
 * each of its own would take 2 KB of every router for as long as it runs.
 */
import { z } from "zod";

// A few files are read in the life of a process: to compile readers for them costs more than they spare.
z.config({ jitless: true });

/** Largest span of time a timer takes, in milliseconds (24.8 days). */
const maxTimerMs = 2_147_483_647;

/** From `min` to `max`, both among them. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  return numberSchema(`whole ${min} ${max}`, () => z.number().int().min(min).max(max));
}

/** Any number from `min` to `max`, both among them. */
export function decimal(min: number, max: number = Number.MAX_VALUE): z.ZodType<number> {
  return numberSchema(`any ${min} ${max}`, () => z.number().min(min).max(max));
}

const numberSchemas = new Map<string, z.ZodType<number>>();

function numberSchema(name: string, create: () => z.ZodType<number>): z.ZodType<number> {
  const known = numberSchemas.get(name) ?? z.preprocess(numberFromText, create());
  numberSchemas.set(name, known);
  return known;
}

/** A span of time in milliseconds, at least one. */
export function milliseconds(): z.ZodType<number> {
  return wholeNumber(1, maxTimerMs);
}

const flagSchema: z.ZodType<boolean> = z.preprocess(
  (value) => (value === "true" ? true : value === "false" ? false : value),
  z.boolean(),
);

/** `true` or `false`. */
export function flag(): z.ZodType<boolean> {
  return flagSchema;
}

const textSchema: z.ZodType<string> = z.string().min(1);

/** Never empty: a text that may be left out is `orNull(text())`. */
export function text(): z.ZodType<string> {
  return textSchema;
}

/** A provider's key. It goes into a header, which takes no other signs; blanks around it come from files and shells. */
export function providerKey(): z.ZodType<string> {
  return z
    .string()
    .trim()
    .min(1)
    .regex(/^[\x20-\x7e]*$/, { error: "must be one line of ASCII: a header takes nothing else" });
}

/** An http or https address. */
export function httpUrl(): z.ZodType<string> {
  return z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" });
}

/** What to say of an address that is none, which is nearly always its password's fault. */
export const isNoAddress =
  "is no address; in user and password write @ : / ? # % and spaces as %40 %3A %2F %3F %23 %25 %20";

/** A setting that may be absent: null for the program. */
export type OrNull<T> = z.ZodPipe<z.ZodOptional<z.ZodType<T>>, z.ZodTransform<T | null, T | undefined>>;

/** `schema`, or null where the setting is absent. */
export function orNull<T>(schema: z.ZodType<T>): OrNull<T> {
  return schema.optional().transform((value) => value ?? null);
}

/** One value or a list of them; always a list for the program. */
export function oneOrMany<T>(schema: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z
    .union([schema, z.array(schema).min(1)])
    .transform((value): readonly T[] => (Array.isArray(value) ? value : [value]));
}

/** One target or several in the order of trying: `provider/model`, an alias, or a listed model. */
export function targets(): z.ZodType<readonly string[]> {
  return oneOrMany(text());
}

/** Header names in lower case, as the program compares them. */
export function headers(): z.ZodType<Readonly<Record<string, string>>> {
  const name = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: "is no header name" });
  return z
    .record(name, z.string())
    .transform((value) => Object.fromEntries(Object.entries(value).map(([key, text]) => [key.toLowerCase(), text])));
}

/** A day (`2027-01-31`, its start in UTC) or an instant (`2027-01-31T12:00:00Z`) as Unix milliseconds. */
export function instantMs(): z.ZodType<number> {
  return z.union([z.iso.date(), z.iso.datetime({ offset: true })]).transform((value) => Date.parse(value));
}

function numberFromText(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
