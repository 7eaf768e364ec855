/** Signatures of thinking blocks: a simulated provider knows its own again and refuses every other. */
import { createHmac } from "node:crypto";
import { pickLetters } from "../random.ts";
import type { Random } from "../random.ts";

const secret = "simulated-anthropic";

/** A signature for `thought`, long as real ones are. */
export function signThought(thought: string, random: Random): string {
  const nonce = pickLetters(random, 120);
  return `${nonce}${seal(nonce, "")}${seal(nonce, thought)}`;
}

/** Whether `signature` was issued here, and for this thought; one whose text was left out may come back empty. */
export function isOwnSignature(signature: string, thought: string): boolean {
  const nonce = signature.slice(0, 120);
  const rest = signature.slice(120);
  if (rest.length !== 88 || rest.slice(0, 44) !== seal(nonce, "")) return false;
  return thought === "" || rest.slice(44) === seal(nonce, thought);
}

function seal(nonce: string, thought: string): string {
  return createHmac("sha256", secret).update(nonce).update(thought).digest("base64");
}
