/**
 * Behaviour: how a simulated provider acts, as a value that can change while it runs.
 *
 * It is also what `POST /simulation/behaviour` takes, so other processes can change it; foreign fields and numbers
 * out of range are refused by name.
 */
import { z } from "zod";
import type { Random } from "./random.ts";

/**
 * One way to go wrong. `afterFrames` counts the stream's events that still get through; for an answer that is no
 * stream, what gets through is its first half.
 */
export type Fault =
  /** An error in the provider's own words for this status. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number | undefined }
  /** 429 for too many requests a minute, with `retry-after`. */
  | { readonly kind: "rate-limit"; readonly retryAfterSeconds: number }
  /** The provider's own way to say that it is too busy: 529 for Anthropic, 503 for the others. */
  | { readonly kind: "overloaded" }
  /** Takes the request and never answers. */
  | { readonly kind: "hang" }
  /** Sends headers, then nothing, with the socket open. */
  | { readonly kind: "headers-only" }
  /** Goes silent in the middle, with the socket open. */
  | { readonly kind: "stall"; readonly afterFrames: number }
  /** Closes the socket in the middle of the answer. */
  | { readonly kind: "cut"; readonly afterFrames: number }
  /** Ends the HTTP answer properly, but before the dialect's own end. */
  | { readonly kind: "early-end"; readonly afterFrames: number }
  /** Resets the socket: before the headers with `afterFrames` null. */
  | { readonly kind: "reset"; readonly afterFrames: number | null }
  /** An error as an event of a stream under status 200; as its first payload with `afterFrames` 0. */
  | { readonly kind: "error-event"; readonly afterFrames: number; readonly status: number }
  /** The right answer, a few bytes at a time. */
  | { readonly kind: "slow-bytes"; readonly bytesPerSecond: number }
  /** JSON that breaks off, under a status and headers that promise more. */
  | { readonly kind: "malformed"; readonly afterFrames: number }
  /** An HTML page under status 200, as some proxies send. */
  | { readonly kind: "html" }
  /** An answer of about this many bytes. */
  | { readonly kind: "huge"; readonly bytes: number }
  /** Two whole HTTP answers to one request. */
  | { readonly kind: "two-answers" }
  /** The answer in HTTP/1.0, ended by closing the socket. */
  | { readonly kind: "http-1.0" };

export interface Behaviour {
  /** Output speed; null: as fast as the socket takes it. */
  readonly tokensPerSecond: number | null;
  /** From the request's end to the answer's first byte. */
  readonly firstTokenMs: number;
  /** Spread of both, as a part of them: 0.2 is ± 20 %. */
  readonly jitterRatio: number;
  /** Length of plain answers; null: 40 to 160 tokens. */
  readonly answerTokens: number | null;
  /** Share of requests that fail, by status. */
  readonly failures: readonly { readonly status: number; readonly ratio: number }[];
  /** Happens to every request, where set. */
  readonly fault: Fault | null;
  /** Share of requests that `fault` happens to. */
  readonly faultRatio: number;
  /** Whether failures and faults meet token counts and model lists too, or only calls to the model. */
  readonly faultPaths: "inference" | "all";
  /** Requests a minute before 429; null: no limit. */
  readonly requestsPerMinute: number | null;
  /** Context window in place of the model's own. */
  readonly contextTokens: number | null;
  /** The only key accepted; null: any. */
  readonly requiredKey: string | null;
  /** Checks requests as the real provider does. */
  readonly isStrict: boolean;
  /** Leaves usage out of the answers. */
  readonly isUsageMissing: boolean;
}

/** Fast and flawless: what tests start from. */
export const defaultBehaviour: Behaviour = {
  tokensPerSecond: null,
  firstTokenMs: 0,
  jitterRatio: 0,
  answerTokens: null,
  failures: [],
  fault: null,
  faultRatio: 1,
  faultPaths: "inference",
  requestsPerMinute: null,
  contextTokens: null,
  requiredKey: null,
  isStrict: true,
  isUsageMissing: false,
};

/** As a person sees a model write: for demonstrations. */
export const humanBehaviour: Behaviour = {
  ...defaultBehaviour,
  tokensPerSecond: 60,
  firstTokenMs: 450,
  jitterRatio: 0.3,
};

const count = z.number().int().min(0);
const ratio = z.number().min(0).max(1);
const status = z.number().int().min(400).max(599);

const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("status"), status, retryAfterSeconds: z.number().min(0).optional() }),
  z.strictObject({ kind: z.literal("rate-limit"), retryAfterSeconds: z.number().min(0) }),
  z.strictObject({ kind: z.literal("overloaded") }),
  z.strictObject({ kind: z.literal("hang") }),
  z.strictObject({ kind: z.literal("headers-only") }),
  z.strictObject({ kind: z.literal("stall"), afterFrames: count }),
  z.strictObject({ kind: z.literal("cut"), afterFrames: count }),
  z.strictObject({ kind: z.literal("early-end"), afterFrames: count }),
  z.strictObject({ kind: z.literal("reset"), afterFrames: count.nullable() }),
  z.strictObject({ kind: z.literal("error-event"), afterFrames: count, status }),
  z.strictObject({ kind: z.literal("slow-bytes"), bytesPerSecond: z.number().positive() }),
  z.strictObject({ kind: z.literal("malformed"), afterFrames: count }),
  z.strictObject({ kind: z.literal("html") }),
  z.strictObject({ kind: z.literal("huge"), bytes: count }),
  z.strictObject({ kind: z.literal("two-answers") }),
  z.strictObject({ kind: z.literal("http-1.0") }),
]);

const behaviourSchema = z
  .strictObject({
    tokensPerSecond: z.number().positive().nullable(),
    firstTokenMs: z.number().min(0),
    jitterRatio: ratio,
    answerTokens: count.nullable(),
    failures: z.array(z.strictObject({ status, ratio })),
    fault: faultSchema.nullable(),
    faultRatio: ratio,
    faultPaths: z.enum(["inference", "all"]),
    requestsPerMinute: count.nullable(),
    contextTokens: count.nullable(),
    requiredKey: z.string().nullable(),
    isStrict: z.boolean(),
    isUsageMissing: z.boolean(),
  })
  .partial();

/** Some of a behaviour's fields; the others stay as they are. */
export type BehaviourChange = { readonly [Field in keyof Behaviour]?: Behaviour[Field] | undefined };

/** `behaviour` with `change` made to it. Throws a sentence that names the field if a value is out of range. */
export function changeBehaviour(behaviour: Behaviour, change: unknown): Behaviour {
  const parsed = behaviourSchema.safeParse(change);
  if (!parsed.success) throw new RangeError(`No such behaviour: ${z.prettifyError(parsed.error)}`);
  const set = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  return { ...behaviour, ...set };
}

/** What goes wrong with one request under `behaviour`, if anything does. */
export function chooseFault(behaviour: Behaviour, random: Random): Fault | null {
  let roll = random();
  for (const failure of behaviour.failures) {
    if (roll < failure.ratio) return { kind: "status", status: failure.status };
    roll -= failure.ratio;
  }
  if (behaviour.fault === null) return null;
  return behaviour.faultRatio >= 1 || random() < behaviour.faultRatio ? behaviour.fault : null;
}
