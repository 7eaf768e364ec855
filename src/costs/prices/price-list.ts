/**
 * Public price lists: which models each knows, and what they cost.
 *
 * `price-lists/` is generated from the package `@pydantic/genai-prices` (tools/price-lists.ts), one file a list: the
 * package itself would load every list of the world at the start, 12 MB, where a router uses two or three. A list is
 * read when it is first asked for.
 */
import { readFileSync } from "node:fs";
import { ownFile } from "../../core/files/own-files.ts";

/** What a model's name must look like; upper and lower case are the same. */
export type NameMatch =
  | { readonly or: readonly NameMatch[] }
  | { readonly and: readonly NameMatch[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string };

export interface TieredPrice {
  readonly base: number;
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

/** Dollars by what is counted, for example `input_mtok`: a million input tokens. */
export type ListedPrices = Readonly<Record<string, number | TieredPrice | undefined>>;

export type PriceConstraint =
  | { readonly type: "start_date"; readonly start_date: string }
  | { readonly type: "time_of_date"; readonly start_time: string; readonly end_time: string };

export interface ConditionalPrices {
  readonly constraint?: PriceConstraint;
  readonly prices: ListedPrices;
}

export interface ListedModel {
  readonly id: string;
  readonly match: NameMatch;
  readonly prices: ListedPrices | readonly ConditionalPrices[];
}

export interface PriceListFile {
  /** Lists that may know a model that this one does not. */
  readonly fallbacks: readonly string[];
  /** The first that matches holds. */
  readonly models: readonly ListedModel[];
}

/** Whose models have such names; the first that matches holds. */
export type MakersFile = readonly { readonly id: string; readonly match: NameMatch }[];

export interface FoundPrices {
  readonly list: string;
  readonly model: ListedModel;
}

const lists = new Map<string, PriceListFile>();
let makers: MakersFile | null = null;

/** The entry for `model` in the list `id`, else in those that the list falls back on; a dated name also without dashes. */
export function findListed(id: string, model: string): FoundPrices | null {
  const name = model.trim().toLowerCase();
  const found = findIn(id, name);
  if (found !== null) return found;
  const dated = withDashedDate(name);
  return dated === name ? null : findIn(id, dated);
}

/** The list of whoever makes models of such a name, or null. */
export function findMaker(model: string): string | null {
  makers ??= readList("makers") as MakersFile;
  const name = model.trim().toLowerCase();
  return makers.find((maker) => matches(maker.match, name))?.id ?? null;
}

/** Whether `name`, in lower case, is one that `match` means. */
function matches(match: NameMatch, name: string): boolean {
  if ("or" in match) return match.or.some((one) => matches(one, name));
  if ("and" in match) return match.and.every((one) => matches(one, name));
  if ("equals" in match) return name === match.equals.toLowerCase();
  if ("starts_with" in match) return name.startsWith(match.starts_with.toLowerCase());
  if ("ends_with" in match) return name.endsWith(match.ends_with.toLowerCase());
  if ("contains" in match) return name.includes(match.contains.toLowerCase());
  return new RegExp(match.regex).test(name);
}

function findIn(id: string, name: string): FoundPrices | null {
  const list = listOf(id);
  const model = list.models.find((one) => matches(one.match, name));
  if (model !== undefined) return { list: id, model };
  for (const fallback of list.fallbacks) {
    const other = listOf(fallback).models.find((one) => matches(one.match, name));
    // The model's prices are the other list's, the price is still asked by this one.
    if (other !== undefined) return { list: id, model: other };
  }
  return null;
}

/** `-20251120` as lists write it, `-2025-11-20`; numbers that are no date stay. */
function withDashedDate(name: string): string {
  return name.replace(/-(20\d\d)(\d\d)(\d\d)(?=-|:|$)/g, (whole, year: string, month: string, day: string) => {
    const dashed = `${year}-${month}-${day}`;
    const atMs = Date.parse(`${dashed}T00:00:00Z`);
    return Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== dashed ? whole : `-${dashed}`;
  });
}

function listOf(id: string): PriceListFile {
  let list = lists.get(id);
  if (list === undefined) lists.set(id, (list = readList(id) as PriceListFile));
  return list;
}

function readList(name: string): unknown {
  return JSON.parse(readFileSync(ownFile(`costs/prices/price-lists/${name}.json`), "utf8"));
}
