/**
 * What the instances of a router tell each other at once: short messages by subject, heard by all others that are there.
 * Nothing is kept: whoever hears anew (a start, a connection that was lost, news that could not be told) asks what holds now.
 */
import type { JsonObject } from "../../core/json/json.ts";

export interface InstanceNews {
  /** Tells all other instances. Where they cannot be reached it is lost, and all begin to hear anew later. Never throws. */
  tell(subject: string, message: JsonObject): void;
  /** Hears others' messages, never this instance's own. `onStart`: what was said before was not heard. */
  listen(subject: string, listener: NewsListener): void;
}

export interface NewsListener {
  readonly onMessage: (message: JsonObject) => void;
  readonly onStart?: () => void;
}

/** For a router that is alone. */
export const noNews: InstanceNews = { tell: () => undefined, listen: () => undefined };
