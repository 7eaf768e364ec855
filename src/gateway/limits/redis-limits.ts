/**
 * Limits in Redis: for several routers that share them. One round trip to enter, none that a call waits for to leave.
 *
 * Each process tells how many calls it has running, never a difference: whatever was lost is right again with its next
 * word. Tokens that could not be taken are kept, one sum for each member, and taken with the next word too. While Redis
 * cannot be asked, each process keeps the limits by itself.
 */
import type { Logger } from "../../core/log/logging.ts";
import { withinTime } from "../../core/time/within-time.ts";
import type { RedisClient } from "../../core/redis-script.ts";
import { runScript } from "../../core/redis-script.ts";
import type { EnterResult, LimitEntry, LimitKind, LimitState, LimitStore } from "./limit-store.ts";
import { limitKey } from "./limits-for.ts";
import type { Limit } from "./limits-for.ts";
import { createMemoryLimits } from "./memory-limits.ts";
import { limitScript } from "./redis-limit-script.ts";

export interface RedisLimitsSettings {
  readonly client: RedisClient;
  /** Before every key, as `ccr:`. */
  readonly keyPrefix: string;
  /** Unique among all processes that were and are. */
  readonly processId: string;
  readonly logger: Logger;
  /** How long after its death the running calls of a process count. It repeats them three times as often. */
  readonly leaseMs: number;
}

/** What this process knows of a member. */
interface Member {
  /** As the newest call has it: a reload may have changed it while others run. */
  limit: Limit;
  running: number;
  /** Tokens that Redis does not know of yet. */
  untold: number;
}

/** A store over `client`, which stays its owner's to close. */
export class RedisLimits implements LimitStore {
  readonly #settings: RedisLimitsSettings;
  readonly #members = new Map<string, Member>();
  readonly #alone = createMemoryLimits();
  readonly #timer: NodeJS.Timeout;
  #isAway = false;
  /** How often Redis was told something. */
  #words = 0;

  constructor(settings: RedisLimitsSettings) {
    this.#settings = settings;
    this.#timer = setInterval(() => this.#repeat(), Math.max(1, Math.floor(settings.leaseMs / 3))).unref();
  }

  async enter(limits: readonly Limit[], nowMs: number, patienceMs: number): Promise<EnterResult> {
    const members = limits.map((limit) => this.#find(limit));
    for (const [index, member] of members.entries()) member.limit = limits[index]!;
    const telling = this.#tell(members, true);
    const word = this.#words;
    for (const member of members) member.running++;
    try {
      const result = toResult(limits, await withinTime(telling, patienceMs));
      if (result.kind === "refused") this.#takeBack(members, word);
      this.#isAway = false;
      return result;
    } catch (error) {
      if (!this.#isAway) this.#settings.logger.warn({ error: String(error) }, "limits are kept by this process alone");
      this.#isAway = true;
      const result = await this.#alone.enter(limits, nowMs, patienceMs);
      // Redis may have counted it all the same: the next repetition tells it otherwise.
      if (result.kind === "refused") for (const member of members) member.running--;
      return result;
    }
  }

  leave(entry: LimitEntry, tokens: number, nowMs: number): void {
    if (!entry.isShared) this.#alone.leave(entry, tokens, nowMs);
    const members = entry.limits.map((limit) => this.#find(limit));
    for (const member of members) {
      member.running = Math.max(0, member.running - 1);
      member.untold += tokens;
    }
    this.#tellAside(members);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#alone.close();
  }

  async #tell(members: readonly Member[], isEntering: boolean): Promise<readonly string[]> {
    const { client, keyPrefix, processId, leaseMs } = this.#settings;
    this.#words++;
    const keys = members.map(({ limit }) => `${keyPrefix}{limit}:${limitKey(limit)}`);
    const told = members.map(({ untold }) => untold);
    const values = members.flatMap(({ limit, running, untold }) => [
      limit.requestsPerMinute ?? -1,
      limit.tokensPerMinute ?? -1,
      limit.concurrentCalls ?? -1,
      running,
      untold,
    ]);
    for (const member of members) member.untold = 0;
    try {
      const answer = await runScript(client, limitScript, keys, [processId, leaseMs, isEntering ? 1 : 0, ...values]);
      return (answer as unknown[]).map(String);
    } catch (error) {
      for (const [index, member] of members.entries()) member.untold += told[index]!;
      throw error;
    }
  }

  #find(limit: Limit): Member {
    const key = limitKey(limit);
    let member = this.#members.get(key);
    if (member === undefined) this.#members.set(key, (member = { limit, running: 0, untold: 0 }));
    return member;
  }

  /** A call that was refused does not run. What was told after its `word`, before the refusal came, has counted it. */
  #takeBack(members: readonly Member[], word: number): void {
    for (const member of members) member.running--;
    if (this.#words === word) this.#forgetIdle(members);
    else this.#tellAside(members);
  }

  #tellAside(members: readonly Member[]): void {
    void this.#tell(members, false).then(
      () => this.#forgetIdle(members),
      () => undefined, // told with the next word
    );
  }

  #forgetIdle(members: readonly Member[]): void {
    for (const member of members) {
      const key = limitKey(member.limit);
      const isIdle = member.running === 0 && member.untold === 0;
      if (isIdle && this.#members.get(key) === member) this.#members.delete(key);
    }
  }

  /** Keeps the lease of what runs, and tells what is left to tell. */
  #repeat(): void {
    for (const member of this.#members.values()) this.#tellAside([member]);
  }
}

function toResult(limits: readonly Limit[], answer: readonly string[]): EnterResult {
  if (answer[0] !== "refused") {
    return { kind: "entered", entry: { limits, isShared: true }, states: toStates(limits, answer.slice(1)) };
  }
  const by = limits[Number(answer[1]) - 1]!;
  const states = toStates(limits, answer.slice(4));
  return { kind: "refused", by, what: answer[2] as LimitKind, waitMs: Number(answer[3]), states };
}

function toStates(limits: readonly Limit[], levels: readonly string[]): LimitState[] {
  return limits.map((limit, index) => ({
    limit,
    requestsLeft: Math.max(0, Number(levels[index * 2])),
    tokensLeft: Math.max(0, Number(levels[index * 2 + 1])),
  }));
}
