/**
 * Reasoning items that come back: the simulated provider knows its own again and refuses every other.
 *
 * It stores nothing. Whether an item was stored stands in its id, sealed.
 */
import { createHmac } from "node:crypto";
import { pickLetters } from "../random.ts";
import type { Random } from "../random.ts";

const secret = "simulated-openai";
const idStart = "rs_";
const contentStart = "gAAAAAB";
const nonceLength = 100;

/** The id of a new reasoning item. */
export function makeReasoningId(random: Random, isStored: boolean): string {
  const nonce = pickLetters(random, 24).toLowerCase();
  const rest = isStored ? storedMark(nonce) : pickLetters(random, 24).toLowerCase();
  return `${idStart}${nonce}${rest}`;
}

/** Whether an item with this id was made here, in a response that was stored. */
export function isStoredId(id: string): boolean {
  const start = idStart.length;
  return id.startsWith(idStart) && id.slice(start + 24) === storedMark(id.slice(start, start + 24));
}

/** The `encrypted_content` of the item with this id. */
export function encryptReasoning(random: Random, id: string): string {
  const nonce = pickLetters(random, nonceLength);
  return `${contentStart}${nonce}${seal(nonce, "")}${seal(nonce, id)}`;
}

/** What is wrong with an `encrypted_content` that came back, in OpenAI's words, or null. Its id may be left out (""). */
export function checkSeal(content: string, id: string): string | null {
  const nonceEnd = contentStart.length + nonceLength;
  const nonce = content.slice(contentStart.length, nonceEnd);
  const seals = content.slice(nonceEnd);
  if (seals.length !== 88 || seals.slice(0, 44) !== seal(nonce, "")) {
    return "Encrypted content could not be decrypted or parsed.";
  }
  if (id === "" || seals.slice(44) === seal(nonce, id)) return null;
  return "Encrypted content item_id did not match the target item id.";
}

function storedMark(nonce: string): string {
  return createHmac("sha256", secret).update(nonce).digest("hex").slice(0, 24);
}

function seal(nonce: string, id: string): string {
  return createHmac("sha256", secret).update(nonce).update(id).digest("base64");
}
