/**
 * The line between the parent and a worker: questions that are answered, and words that are not. Messages are JSON and
 * keep their order.
 */
import type { JsonValue } from "../../core/json/json.ts";
import { messageOf } from "../../core/errors/message-of.ts";

export interface LinkMessage {
  readonly kind: "ask" | "tell" | "answer" | "failed";
  /** Of the question. */
  readonly id: number;
  readonly subject: string;
  readonly value: unknown;
}

export type LinkHandler = (value: never) => unknown;

export class Link {
  readonly #send: (message: LinkMessage) => void;
  readonly #handlers: Readonly<Record<string, LinkHandler>>;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #nextId = 1;
  #isClosed = false;

  /** `send` must not throw. A handler's promise is its answer. */
  constructor(send: (message: LinkMessage) => void, handlers: Readonly<Record<string, LinkHandler>>) {
    this.#send = send;
    this.#handlers = handlers;
  }

  /** Lost where the other side is gone. Never throws. */
  tell(subject: string, value: unknown): void {
    if (!this.#isClosed) this.#send({ kind: "tell", id: 0, subject, value });
  }

  /** Rejects where the other side fails or is gone. */
  ask<Answer = JsonValue>(subject: string, value: unknown): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new Error("the other process is gone"));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: "ask", id, subject, value });
    });
  }

  /** Takes a message of the other side. */
  receive({ kind, id, subject, value }: LinkMessage): void {
    if (kind === "tell") void this.#handlers[subject]?.(value as never);
    else if (kind === "ask") void this.#answer(id, subject, value);
    else {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (kind === "answer") waiting?.resolve(value as never);
      else waiting?.reject(new Error(String(value)));
    }
  }

  /** The other side is gone: whoever waits for it hears so. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(new Error("the other process is gone"));
    this.#waiting.clear();
  }

  async #answer(id: number, subject: string, value: unknown): Promise<void> {
    try {
      const answer = await this.#handlers[subject]!(value as never);
      this.#send({ kind: "answer", id, subject, value: answer ?? null });
    } catch (error) {
      this.#send({ kind: "failed", id, subject, value: messageOf(error) });
    }
  }
}
