/**
 * Counts o200k tokens of long texts in bounded time.
 *
 * Up to `maxExactCharacters` every character is counted; of more, windows spread evenly over the whole are, and
 * the rest is taken to be like them. Runs without a break are cut: the tokenizer takes quadratic time for them.
 */

/** 64,000 characters take 10 to 40 ms. */
export const maxExactCharacters = 64_000;
const windowCharacters = 2_000;

/** Longest run of one kind that reaches the tokenizer. */
const longRun = /(\S{200}|\s{200})/;

type CountText = (text: string) => number;

let loading: Promise<CountText> | null = null;

/** Loads the vocabulary (80 MB of memory, 0.4 s) when it is first wanted, and keeps it. */
export function loadTokenizer(): Promise<CountText> {
  loading ??= import("gpt-tokenizer/encoding/o200k_base").then(({ countTokens }) => {
    // Text that looks like a control token is text here.
    const options = { disallowedSpecial: new Set<string>() };
    return (text: string) => countTokens(text, options);
  });
  return loading;
}

/** Tokens of `texts` together, exact or extrapolated. */
export function countTexts(texts: readonly string[], countText: CountText): number {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters <= maxExactCharacters) return texts.reduce((sum, text) => sum + countRuns(text, countText), 0);
  const sample = sampleTexts(texts, characters);
  const sampled = sample.reduce((sum, text) => sum + text.length, 0);
  const tokens = sample.reduce((sum, text) => sum + countRuns(text, countText), 0);
  return Math.round((tokens / sampled) * characters);
}

/** Windows at even distances over all texts, as if they were one. */
function sampleTexts(texts: readonly string[], characters: number): string[] {
  const windows = maxExactCharacters / windowCharacters;
  const distance = characters / windows;
  const sample: string[] = [];
  let passed = 0;
  let next = 0;
  for (const text of texts) {
    while (next < passed + text.length) {
      sample.push(text.slice(Math.floor(next - passed), Math.floor(next - passed) + windowCharacters));
      next += distance;
    }
    passed += text.length;
  }
  return sample;
}

function countRuns(text: string, countText: CountText): number {
  if (!longRun.test(text)) return countText(text);
  return text.split(longRun).reduce((sum, run) => sum + (run === "" ? 0 : countText(run)), 0);
}
