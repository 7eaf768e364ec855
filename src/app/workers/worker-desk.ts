/** The parent's side of one worker: holds money and keeps limits for it, and takes back what it leaves when it dies. */
import type { BudgetCall, BudgetTicket } from "../../costs/budgets/budget-verdict.ts";
import type { BucketState } from "../../costs/budgets/store/budget-store.ts";
import type { EnterResult, LimitEntry } from "../../gateway/limits/limit-store.ts";
import { storePatienceMs } from "../../gateway/limits/store-patience.ts";
import { countRequests } from "../operators/metric-wiring.ts";
import type { ProcessState } from "../process/process-state.ts";
import type { LinkHandler } from "./link.ts";
import type {
  EnterLimits,
  FinishedOfWorker,
  HoldAnswer,
  LeaveLimits,
  OverOfWorker,
  RequestOfWorker,
  SettledUnheld,
  Transition,
} from "./messages.ts";

type DeskState = Pick<
  ProcessState,
  "budgets" | "budgetUse" | "learned" | "limits" | "clock" | "recordSinks" | "judgedSink" | "logger" | "metrics"
>;

export interface WorkerDesk {
  readonly handlers: Readonly<
    Record<"hold" | "over" | "settleUnheld" | "enter" | "leave" | "request" | "transition", LinkHandler>
  >;
  /** The worker is gone: its calls are over, at no cost that anybody knows. */
  close(): void;
}

/** Its handlers are for the worker's link. Close it when the worker is gone. */
export function createWorkerDesk(state: DeskState): WorkerDesk {
  const held = new Map<string, { readonly ticket: BudgetTicket; readonly states: readonly BucketState[] }>();
  const entered = new Map<number, LimitEntry>();
  let isClosed = false;
  const settle = (callId: string, costNanoUsd: number): void => {
    const found = held.get(callId);
    if (found === undefined) return;
    held.delete(callId);
    void state.budgets.settle(found.ticket, costNanoUsd);
    state.budgetUse.observe(found.states);
    state.learned.remainingShares.observe(found.ticket.call.subject, found.states);
  };
  const leave = (callId: number, tokens: number): void => {
    const entry = entered.get(callId);
    entered.delete(callId);
    if (entry !== undefined) state.limits.leave(entry, tokens, state.clock.nowMs());
  };
  return {
    handlers: {
      hold: async (call: BudgetCall): Promise<HoldAnswer> => {
        const verdict = await state.budgets.hold(call);
        if (verdict.kind === "held" && verdict.ticket.buckets.length > 0)
          held.set(call.callId, { ticket: verdict.ticket, states: verdict.states });
        if (isClosed) settle(call.callId, 0); // the worker died while it asked
        if (verdict.kind === "refused") state.budgetUse.observe(verdict.refusal.fullStates);
        return { verdict, isUncapped: state.budgets.isUncapped() };
      },
      settleUnheld: (calls: readonly SettledUnheld[]) => {
        for (const { ticket, costNanoUsd } of calls) void state.budgets.settle(ticket, costNanoUsd);
      },
      over: ({ calls, settled }: OverOfWorker) => {
        // The ledger first, as where a call is settled in this process.
        takeCalls(state, calls);
        for (const { callId, costNanoUsd } of settled) settle(callId, costNanoUsd);
      },
      enter: async ({ callId, limits }: EnterLimits): Promise<EnterResult> => {
        const result = await state.limits.enter(limits, state.clock.nowMs(), storePatienceMs);
        if (result.kind === "entered") entered.set(callId, result.entry);
        if (isClosed) leave(callId, 0);
        return result;
      },
      leave: ({ callId, tokens }: LeaveLimits) => leave(callId, tokens),
      transition: ({ target, to }: Transition) => state.metrics.incrementBreakerTransition(target.provider, to),
      request: ({ route, ...answered }: RequestOfWorker) => countRequests(state)(route, answered),
    },
    close() {
      isClosed = true;
      for (const callId of held.keys()) settle(callId, 0);
      for (const callId of entered.keys()) leave(callId, 0);
    },
  };
}

function takeCalls({ recordSinks, judgedSink, logger }: DeskState, calls: readonly FinishedOfWorker[]): void {
  for (const { record, judged } of calls) {
    for (const sink of recordSinks) {
      try {
        sink(record);
      } catch (error) {
        logger.error({ call: record.id, err: error }, "a listener to finished calls failed");
      }
    }
    judgedSink(record, judged);
  }
}
