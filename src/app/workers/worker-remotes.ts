/** The parts of a worker that are the parent's: budgets, limits, sessions and news. */
import type { JsonObject } from "../../core/json/json.ts";
import { unheld } from "../../costs/budgets/budget-verdict.ts";
import type { Budgets } from "../../costs/budgets/budgets.ts";
import type { EnterResult, LimitEntry, LimitStore } from "../../gateway/limits/limit-store.ts";
import type { SessionStore, SessionTarget } from "../../routing/shared-affinity.ts";
import type { InstanceNews, NewsListener } from "../sharing/instance-news.ts";
import { tellMove } from "../sharing/share-sessions.ts";
import type { Link } from "./link.ts";
import type {
  EnterLimits,
  HoldAnswer,
  LeaveLimits,
  NewsMessage,
  SavedSession,
  Settled,
  SettledUnheld,
} from "./messages.ts";

/** For so long workers go by the parent's word that nobody has a cap: one that is set then holds a little later. */
const uncappedForMs = 1_000;
/** What calls without a cap have cost is told so often: nothing waits for it. */
const tellUnheldMs = 20;

export interface RemoteBudgets extends Pick<Budgets, "hold" | "settle" | "isUncapped"> {
  /** Asks the parent again, as after a reload. */
  doubt(): void;
}

/**
 * The parent holds and settles, by what `tellSettled` tells it; a call that cannot ask it any more goes unheld, and so do all
 * while nobody has a cap.
 */
export function remoteBudgets(link: Link, tellSettled: (settled: Settled) => void): RemoteBudgets {
  let isUncapped = false;
  let waiting: SettledUnheld[] = [];
  const doubt = (): void => {
    isUncapped = false;
  };
  const tellUnheld = (): void => {
    link.tell("settleUnheld", waiting);
    waiting = [];
  };
  return {
    doubt,
    isUncapped: () => isUncapped,
    async hold(call) {
      if (isUncapped) return unheld(call, []);
      const answer = await link.ask<HoldAnswer>("hold", call).catch(() => null);
      if (answer === null) return unheld(call, []);
      if (answer.isUncapped && !isUncapped) {
        isUncapped = true;
        setTimeout(doubt, uncappedForMs).unref();
      }
      return answer.verdict;
    },
    settle(ticket, costNanoUsd) {
      if (ticket.buckets.length > 0) tellSettled({ callId: ticket.call.callId, costNanoUsd });
      else if (waiting.push({ ticket, costNanoUsd }) === 1) setTimeout(tellUnheld, tellUnheldMs).unref();
      return Promise.resolve();
    },
  };
}

interface RemoteEntry extends LimitEntry {
  readonly callId: number;
}

/** Limits of all workers, in the parent. */
export function remoteLimits(link: Link): LimitStore {
  let nextCall = 1;
  return {
    async enter(limits) {
      const request: EnterLimits = { callId: nextCall++, limits };
      const alone: EnterResult = { kind: "entered", entry: { limits, isShared: false }, states: [] };
      const result = await link.ask<EnterResult>("enter", request).catch(() => alone);
      if (result.kind === "refused") return result;
      const entry: RemoteEntry = { ...result.entry, callId: request.callId };
      return { ...result, entry };
    },
    leave(entry, tokens) {
      const left: LeaveLimits = { callId: (entry as RemoteEntry).callId, tokens };
      link.tell("leave", left);
    },
    close: () => undefined,
  };
}

/** Sessions of all workers, in the parent. */
export function remoteSessions(link: Link, news: InstanceNews): SessionStore {
  return {
    load: (session) => link.ask<readonly SessionTarget[]>("loadSession", session),
    save(session, found, _ttlMs, isMove) {
      const saved: SavedSession = { session, found };
      link.tell("saveSession", saved);
      if (isMove) tellMove(news, session, found);
    },
  };
}

/** News by way of the parent. `hear` takes what it passes on. */
export function remoteNews(link: Link): InstanceNews & { hear(news: NewsMessage): void } {
  const listeners = new Map<string, NewsListener>();
  return {
    tell: (subject: string, message: JsonObject) => link.tell("news", { subject, message } satisfies NewsMessage),
    listen(subject, listener) {
      listeners.set(subject, listener);
      listener.onStart?.();
    },
    hear: ({ subject, message }) => listeners.get(subject)?.onMessage(message),
  };
}
