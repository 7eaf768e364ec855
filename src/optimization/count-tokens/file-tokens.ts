/** Tokens of a file that is no text, by its size alone. */

/** A PDF page counts as its text and its picture, 1,500 to 3,000 tokens, and takes some 75 kB. */
const tokensPerPage = 2_250;
const bytesPerPage = 75_000;

/** Tokens of a PDF of `bytes`: a page at least. */
export function fileTokens(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / bytesPerPage)) * tokensPerPage;
}
