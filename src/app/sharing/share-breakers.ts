/**
 * Breakers over several instances: one that opens or closes here is told to all, and what others tell holds here too.
 * Each instance sends probes of its own, and tells of them, that early ones wait for each other; the first that succeeds
 * closes the breaker everywhere.
 */
import type { Clock } from "../../core/time/clock.ts";
import { toText } from "../../core/json/json.ts";
import type { JsonObject } from "../../core/json/json.ts";
import { BreakerBoard } from "../../providers/breaker-board.ts";
import type { BreakerEvent, BreakerOverview } from "../../providers/breaker-board.ts";
import type { BreakerSettings } from "../../core/failure-settings.ts";
import type { InstanceNews } from "./instance-news.ts";

const subject = "breakers";

/** A board that tells others what happens here and hears what happens there. `onEvent` hears of both. */
export function createSharedBreakers(
  settings: BreakerSettings,
  news: InstanceNews,
  clock: Clock,
  onEvent: (event: BreakerEvent) => void,
): BreakerBoard {
  const tell = tellBreakers(news, clock, () => board);
  const board: BreakerBoard = new BreakerBoard({
    settings,
    onEvent: (event) => {
      onEvent(event);
      tell(event);
    },
  });
  hearBreakers(news, clock, board);
  return board;
}

/** The listener to a board's events that tells others. */
function tellBreakers(news: InstanceNews, clock: Clock, board: () => BreakerBoard): (event: BreakerEvent) => void {
  return (event) => {
    if (event.isNews) return;
    if (event.to === "closed") news.tell(subject, { kind: "closed", ...event.target });
    else if (event.to === "half-open") news.tell(subject, { kind: "probing", ...event.target });
    else tellOpen(news, clock, board(), event.name);
  };
}

/** Lets `board` hear of the others' breakers, and others of those that are open here when they or this one begin. */
function hearBreakers(news: InstanceNews, clock: Clock, board: BreakerBoard): void {
  news.listen(subject, {
    onStart: () => {
      news.tell(subject, { kind: "hello" });
      tellOpen(news, clock, board, null); // what others are told as they begin may have come before this
    },
    onMessage: (message) => {
      if (message["kind"] === "hello") tellOpen(news, clock, board, null);
      else learn(board, message, clock.nowMs());
    },
  });
}

/** Closes a breaker here and on all others, whatever it is there; false where `all` has none of this name. */
export function resetBreaker(
  news: InstanceNews,
  clock: Clock,
  board: BreakerBoard,
  all: readonly BreakerOverview[],
  name: string,
): boolean {
  const known = all.find((breaker) => breaker.name === name);
  if (known === undefined) return false;
  board.reset(name, clock.nowMs());
  news.tell(subject, { kind: "closed", ...known.target });
  return true;
}

/** Tells the open breaker of this name, or all. Times are spans: clocks of machines differ. */
function tellOpen(news: InstanceNews, clock: Clock, board: BreakerBoard, name: string | null): void {
  const nowMs = clock.nowMs();
  for (const { name: itsName, target, untilMs, earlyProbeMs, reason } of board.states(nowMs)) {
    if (untilMs === null || (name !== null && name !== itsName)) continue;
    const restLeftMs = (earlyProbeMs ?? nowMs) - nowMs;
    news.tell(subject, { kind: "open", ...target, leftMs: untilMs - nowMs, restLeftMs, reason: reason ?? "" });
    if (earlyProbeMs === null) news.tell(subject, { kind: "probing", ...target });
  }
}

function learn(board: BreakerBoard, message: JsonObject, nowMs: number): void {
  const { kind, provider, model, leftMs, restLeftMs, reason } = message;
  if (typeof provider !== "string" || typeof model !== "string") return;
  if (kind === "closed") board.learnClosed({ provider, model }, nowMs);
  if (kind === "probing") board.learnProbe({ provider, model }, nowMs);
  if (kind === "open" && typeof leftMs === "number" && leftMs > 0) {
    const restMs = typeof restLeftMs === "number" ? restLeftMs : leftMs;
    board.learnOpen({ provider, model }, leftMs, restMs, toText(reason), nowMs);
  }
}
