/** Plausible text from a seed: what a simulated model says when nothing tells it what to say. */
import { pickInteger, pickOne } from "../random.ts";
import type { Random } from "../random.ts";
import { charsPerToken } from "./tokens.ts";

type Words = readonly [string, ...string[]];

const openings: Words = [
  "I looked at the request and",
  "Before anything changes,",
  "The short answer is that",
  "To keep this easy to review,",
  "Reading the code from top to bottom,",
  "As far as the tests show,",
  "Once that is in place,",
  "In practice,",
];
const subjects: Words = [
  "the parser",
  "the retry loop",
  "this function",
  "the connection pool",
  "the configuration file",
  "the failing test",
  "the cache key",
  "the migration",
  "the request handler",
];
const verbs: Words = [
  "keeps its state in one value",
  "returns early when the list is empty",
  "reads each field once",
  "holds the lock for too long",
  "should reject negative numbers",
  "can be split into two smaller parts",
  "already covers the edge case",
  "waits for the stream to end",
];
const endings: Words = [
  "so the caller needs no special case.",
  "which explains the error in the log.",
  "and a short test shows it.",
  "because the order of events is fixed.",
  "so I would leave it as it is.",
  "and the naïve version costs about 3 × as much.",
  "which makes the change safe to roll back.",
];

/** Sentences of about `tokens` tokens in all, cut at a word. */
export function writeText(random: Random, tokens: number): string {
  const wanted = Math.max(1, Math.round(tokens * charsPerToken));
  const sentences: string[] = [];
  let length = 0;
  while (length < wanted) {
    const sentence = `${pickOne(random, openings)} ${pickOne(random, subjects)} ${pickOne(random, verbs)}, ${pickOne(random, endings)}`;
    sentences.push(sentence);
    length += sentence.length + 1;
    if (pickInteger(random, 0, 5) === 0) sentences.push("\n\n");
  }
  const text = sentences.join(" ").replace(/ \n\n ?/g, "\n\n");
  if (text.length <= wanted) return text.trimEnd();
  const end = text.lastIndexOf(" ", wanted);
  return text.slice(0, end > 0 ? end : wanted).trimEnd();
}

/** `text` in the pieces in which a model's tokens come: words with the space before them, long ones cut. */
export function splitText(text: string): string[] {
  const pieces: string[] = [];
  for (const word of text.match(/\s*\S+|\s+$/g) ?? []) {
    if (word.length <= 24) pieces.push(word);
    else for (const part of splitWord(word, 12)) pieces.push(part);
  }
  return pieces;
}

/** `word` in parts of at most `length` characters, none cut within a surrogate pair. */
function splitWord(word: string, length: number): string[] {
  const parts: string[] = [];
  let part = "";
  for (const character of word) {
    if (part.length + character.length > length) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  if (part !== "") parts.push(part);
  return parts;
}
