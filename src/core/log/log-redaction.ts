/**
 * Secrets out of log lines. Every finished line passes through here, so no caller can forget it: by the names of
 * fields that hold secrets, by the shapes of known keys, and by the very values of the configured ones.
 */

const hidden = "[hidden]";

const secretNames =
  "(?:proxy-)?authorization|(?:set-)?cookie|x-(?:api|goog-api)-key|(?:api|admin)[-_]?key|password|passwd|(?:client[-_]?)?secret|(?:(?:access|refresh|id|auth)[-_]?)?token";

/** Fields of a JSON line whose string value is a secret whatever it looks like. */
const secretFields = new RegExp(`"(${secretNames})":"(?:[^"\\\\]|\\\\.)+"`, "gi");

/** The same in JSON that stands inside a string, as a provider's error body does. */
const quotedFields = new RegExp(String.raw`\\"(${secretNames})\\"\s*:\s*\\"[^"\\]+`, "gi");

/** The same in the query of a URL. */
const queryFields = /([?&](?:api[-_]?key|key|(?:access_)?token)=)[^&\s"\\]+/gi;

/** Keys by their shape: OpenAI, Anthropic, OpenRouter (sk-), Groq, xAI, Google, AWS, GitHub, Hugging Face, Slack. */
const secretShapes =
  /\b(?:sk|rk)-[\w-]{8,}|\bgsk_\w{16,}|\bxai-\w{16,}|\bAIza[\w-]{30,}|\bAKIA[A-Z0-9]{16}|\bgh[pousr]_\w{20,}|\bhf_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bccr[-_][A-Za-z0-9]{20,}/g;

/** A JWT, or a word that only begins like one: tried again at each part of such words, a long text took seconds. */
const jwt = /\beyJ[\w-]{10,}(\.[\w-]{10,}\.[\w-]+)?/g;

const hideJwt = (found: string, rest: string | undefined): string => (rest === undefined ? found : hidden);

const bearer = /\b(Bearer|Basic) +[\w.~+/=-]{6,}/gi;

/** Credentials in URLs: `redis://:password@host`. */
const urlCredentials = /(:\/\/)[^\s/:@"]*:[^\s/@"]+@/g;

/** Removes secrets from finished lines. */
export class LineRedactor {
  readonly #secrets = new Set<string>();
  #values: RegExp | null = null;

  /**
   * Hides these very values too from now on (configured keys of any shape); those under eight characters are left.
   * Nothing is forgotten: calls in flight may still use a key that a new configuration no longer names.
   */
  hide(secrets: Iterable<string>): void {
    for (const secret of secrets) if (secret.length >= 8) this.#secrets.add(secret);
    const patterns = [...this.#secrets]
      .sort((a, b) => b.length - a.length)
      .map((secret) =>
        JSON.stringify(secret)
          .slice(1, -1)
          .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
      );
    this.#values = patterns.length === 0 ? null : new RegExp(patterns.join("|"), "g");
  }

  /** The line without secrets; itself where it holds none. */
  redact(line: string): string {
    let text = line;
    // A replace that finds nothing still walks the line once with a costly pattern: a cheap test goes first.
    if (suspects.some((pattern) => pattern.test(text))) {
      text = text
        .replace(secretFields, `"$1":"${hidden}"`)
        .replace(quotedFields, `\\"$1\\":\\"${hidden}`)
        .replace(queryFields, `$1${hidden}`)
        .replace(bearer, `$1 ${hidden}`)
        .replace(urlCredentials, `$1${hidden}@`)
        .replace(jwt, hideJwt)
        .replace(secretShapes, hidden);
    }
    return this.#values === null ? text : text.replace(this.#values, hidden);
  }
}

/** Match every line that one of the patterns above could match. Apart they cost half of what one pattern of all does. */
const suspects = [
  /authorization|cookie|[-_]key|apikey|adminkey|passw|secret|token["\\=]|[?&]key=|bearer|basic +/i,
  /:\/\/[^\s/"]*@/,
  /\b[sr]k-|gsk_|xai-|AIza|AKIA|gh[pousr]_|hf_|xox|\bccr[-_]|eyJ/,
];
