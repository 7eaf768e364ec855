/** `/api/session`: what a caller's session has cost, for the line that Claude Code shows below its prompt. */
import type { Caller } from "../../core/caller.ts";
import { dayMs } from "../../core/time/durations.ts";
import { usdFromNanoUsd } from "../../core/money.ts";
import { totalInput } from "../../core/usage.ts";
import type { BucketState } from "../../costs/budgets/store/budget-store.ts";
import { fullestOf } from "../../costs/budgets/spend-headers.ts";
import type { Ledger } from "../../costs/ledger/ledger.ts";
import { usdFromSum } from "../../core/money.ts";
import type { AdminRoute } from "../admin-route.ts";
import { invalid, jsonAnswer } from "../read-request.ts";

/** Answer of `/api/session`. Only calls of whoever asks count. */
export interface SessionLine {
  readonly session: {
    readonly calls: number;
    readonly costUsd: number;
    /** Share of the input tokens that the provider's prompt cache served; null before the first call. */
    readonly cacheShare: number | null;
  };
  readonly today: { readonly costUsd: number };
  /** The daily cap, else the fullest; null without one. */
  readonly budget: {
    readonly period: string;
    readonly spentUsd: number;
    readonly limitUsd: number;
  } | null;
  /** What answered last in the session. */
  readonly last: { readonly provider: string; readonly model: string } | null;
}

export interface SessionSource {
  readonly ledger: Pick<Ledger, "sums" | "records">;
  statusOf(caller: Caller): Promise<readonly BucketState[]>;
  nowMs(): number;
}

/** A session is looked for this far back. */
const longestSessionMs = 31 * dayMs;

export function sessionRoutes(source: SessionSource): readonly AdminRoute[] {
  return [
    {
      method: "GET",
      path: "/api/session",
      access: "caller",
      handle: async ({ query, caller }) => {
        const sessionId = query.get("id") ?? "";
        if (sessionId === "") throw invalid("id: which session?");
        return jsonAnswer(await readSession(source, caller!, sessionId));
      },
    },
  ];
}

async function readSession(source: SessionSource, caller: Caller, sessionId: string): Promise<SessionLine> {
  const { ledger } = source;
  const nowMs = source.nowMs();
  const todayMs = Math.floor(nowMs / dayMs) * dayMs;
  const { user } = caller;
  const [session, today, newest, states] = await Promise.all([
    ledger.sums({ fromMs: nowMs - longestSessionMs, toMs: nowMs + 1, by: [], filter: { user, sessionId } }),
    ledger.sums({ fromMs: todayMs, toMs: nowMs + 1, by: [], filter: { user } }),
    ledger.records({ user, sessionId }, { limit: 5 }),
    source.statusOf(caller).catch(() => []), // the rest of the line is worth showing
  ]);
  const usage = session[0]?.usage;
  const inputTokens = usage === undefined ? 0 : totalInput(usage);
  const answered = newest.entries.find(({ record }) => record.target !== null && record.endpoint !== "count-tokens");
  return {
    session: {
      calls: session[0]?.calls ?? 0,
      costUsd: usdFromSum(session[0]?.costNanoUsd ?? 0n),
      cacheShare: inputTokens === 0 ? null : (usage?.cacheRead ?? 0) / inputTokens,
    },
    today: { costUsd: usdFromSum(today[0]?.costNanoUsd ?? 0n) },
    budget: budgetOf(states),
    last: answered?.record.target ?? null,
  };
}

function budgetOf(states: readonly BucketState[]): SessionLine["budget"] {
  const shown = fullestOf(states.filter(({ bucket }) => bucket.period === "daily")) ?? fullestOf(states);
  if (shown === null) return null;
  const { bucket, spentNanoUsd } = shown;
  return {
    period: bucket.period,
    spentUsd: usdFromNanoUsd(spentNanoUsd),
    limitUsd: usdFromNanoUsd(bucket.limitNanoUsd),
  };
}
