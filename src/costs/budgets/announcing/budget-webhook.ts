/**
 * Posts budget events to a webhook: signed, one after the other, repeated with growing pauses, never in a call's way.
 *
 * At most 1,000 messages wait; beyond that the oldest goes, and the log says so. The signature is the hex HMAC-SHA256 of
 * `<timestamp>.<body>` under the secret, in `x-ccr-signature: t=<timestamp>,v1=<signature>`: a receiver that checks both
 * cannot be fed old messages again.
 */
import { createHmac, randomUUID } from "node:crypto";
import { messageOf } from "../../../core/errors/message-of.ts";
import type { Clock } from "../../../core/time/clock.ts";
import type { Logger } from "../../../core/log/logging.ts";
import type { BudgetWebhookSettings } from "../../../core/money-settings.ts";
import { withinTime } from "../../../core/time/within-time.ts";
import type { BudgetEvent } from "./budget-events.ts";
import { webhookMessage } from "./webhook-message.ts";

export interface WebhookParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Posts, and answers with the status. */
  readonly post?: PostMessage;
}

export type PostMessage = (url: string, headers: Record<string, string>, body: string) => Promise<number>;

interface Message {
  readonly event: BudgetEvent;
  readonly id: string;
  attempts: number;
}

const maxWaiting = 1_000;
const maxAttempts = 8;
const firstPauseMs = 1_000;
const longestPauseMs = 300_000;
const patienceMs = 10_000;
const closeMs = 3_000;

/** The headers of a message. */
export function webhookHeaders(body: string, secret: string | null, nowMs: number): Record<string, string> {
  const headers = { "content-type": "application/json", "user-agent": "claude-code-router" };
  if (secret === null) return headers;
  const timestamp = Math.floor(nowMs / 1000);
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { ...headers, "x-ccr-signature": `t=${timestamp},v1=${signature}` };
}

/** A webhook that has nothing to do until events come. */
export class BudgetWebhook {
  readonly #parts: Required<WebhookParts>;
  readonly #queue: Message[] = [];
  #settings: BudgetWebhookSettings | null;
  #timer: NodeJS.Timeout | null = null;
  #draining: Promise<void> | null = null;

  constructor(settings: BudgetWebhookSettings | null, parts: WebhookParts) {
    this.#settings = settings;
    this.#parts = { post: postByFetch, ...parts };
  }

  /** Another address from now on, for what waits too; null: nowhere. */
  configure(settings: BudgetWebhookSettings | null): void {
    this.#settings = settings;
    if (settings === null) this.#queue.length = 0;
  }

  /** Queues a message. Never throws, never waits. */
  send(event: BudgetEvent): void {
    if (this.#settings === null) return;
    this.#queue.push({ event, id: randomUUID(), attempts: 0 });
    if (this.#queue.length > maxWaiting) {
      this.#queue.splice(1, 1); // the first one may be under way
      this.#parts.logger.warn({}, "too many budget messages wait for the webhook: the oldest is dropped");
    }
    if (this.#timer === null) void this.#drain();
  }

  waiting(): number {
    return this.#queue.length;
  }

  /** Gives what waits one last try, three seconds at most. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await withinTime(this.#drain(), closeMs).catch(() => undefined);
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#queue.length > 0)
      this.#parts.logger.warn({ messages: this.#queue.length }, "budget messages were not sent");
    this.#queue.length = 0;
  }

  /** Settles when nothing waits, or one failed: it is repeated after a pause. */
  #drain(): Promise<void> {
    if (this.#draining === null && this.#queue.length > 0) this.#draining = this.#sendAll();
    return this.#draining ?? Promise.resolve();
  }

  async #sendAll(): Promise<void> {
    for (let message = this.#queue[0]; message !== undefined; message = this.#queue[0]) {
      const isDone = await this.#attempt(message);
      if (!isDone) {
        this.#repeatLater(message);
        break;
      }
      this.#remove(message);
    }
    this.#draining = null;
  }

  /** Whether the message is out, or out of reach. */
  async #attempt(message: Message): Promise<boolean> {
    const { post, clock, logger } = this.#parts;
    const settings = this.#settings;
    if (settings === null) return true;
    const body = JSON.stringify(webhookMessage(message.event, settings.format, message.id));
    message.attempts++;
    let problem: string;
    try {
      const status = await post(settings.url, webhookHeaders(body, settings.secret, clock.nowMs()), body);
      if (status >= 200 && status < 300) return true;
      problem = `it answered ${status}`;
    } catch (error) {
      // What fetch itself says is "fetch failed"; why stands behind it.
      problem = messageOf(error instanceof Error ? (error.cause ?? error) : error);
    }
    if (message.attempts < maxAttempts) return false;
    logger.error(
      { problem, event: message.event.kind, attempts: message.attempts },
      "the budget webhook failed for good",
    );
    return true;
  }

  #remove(message: Message): void {
    const at = this.#queue.indexOf(message);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  #repeatLater({ attempts }: Message): void {
    const pauseMs = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#drain();
    }, pauseMs).unref();
  }
}

async function postByFetch(url: string, headers: Record<string, string>, body: string): Promise<number> {
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(patienceMs),
  });
  await answer.body?.cancel();
  return answer.status;
}
