/** How the simulated providers count tokens: by length, so that counts are plausible and tests can foresee them. */

/** Letters of English text and code to a token, about. */
export const charsPerToken: number = 3.6;

/** Tokens of `text`: 0 for none, else at least 1. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / charsPerToken);
}

/** What an image counts for, whatever its data's length: about 1,500 tokens. */
export const imageCharacters = 5400;

/** Tokens that every prompt has besides its text: the template's own. They are never cached. */
export const templateTokens: number = 4;
