/**
 * What a worker tells its parent of calls that are over: their records, what it thinks of their answers, and what they are to
 * be settled at.
 *
 * Record and settlement go in one message: a worker that is killed in between would leave money spent that no ledger has.
 */
import type { CallRecord } from "../../core/record.ts";
import type { Logger } from "../../core/log/logging.ts";
import type { AnswerFacts } from "../../dialects/answer-facts.ts";
import type { CallRequest } from "../../gateway/request/read-call.ts";
import { FinishedCalls } from "../process/finished-calls.ts";
import type { FinishedCall } from "../process/finished-calls.ts";
import { toolUseIdsOf } from "../process/judge-answers.ts";
import type { createAnswerJudge } from "../process/judge-answers.ts";
import type { Link } from "./link.ts";
import type { FinishedOfWorker, OverOfWorker, Settled } from "./messages.ts";

export class OverCalls {
  readonly #link: Link;
  readonly #finished: FinishedCalls;
  #calls: FinishedOfWorker[] = [];
  #settled: Settled[] = [];

  /** `judge`: sees each answer here, where its words are. */
  constructor(judge: ReturnType<typeof createAnswerJudge>, link: Link, logger: Logger) {
    this.#link = link;
    const hear = (call: FinishedCall): void => void this.#calls.push(withJudgement(call, judge(call)));
    this.#finished = new FinishedCalls([hear], logger, () => this.#tell());
  }

  add(record: CallRecord, facts: AnswerFacts, request: CallRequest | null): void {
    this.#finished.add(record, facts, request);
  }

  /** Told at the end of this turn, with the record that it makes: the caller's next call may need the money. */
  settle(settled: Settled): void {
    if (this.#settled.push(settled) === 1) setImmediate(() => this.flush());
  }

  /** Tells what waits, now. */
  flush(): void {
    this.#finished.flush();
    this.#tell();
  }

  #tell(): void {
    const over: OverOfWorker = { calls: this.#calls, settled: this.#settled };
    if (over.calls.length === 0 && over.settled.length === 0) return;
    this.#calls = [];
    this.#settled = [];
    this.#link.tell("over", over);
  }
}

function withJudgement(
  { record, facts }: FinishedCall,
  quality: ReturnType<ReturnType<typeof createAnswerJudge>>,
): FinishedOfWorker {
  return { record, judged: quality === null ? null : { quality, toolUseIds: toolUseIdsOf(facts) } };
}
