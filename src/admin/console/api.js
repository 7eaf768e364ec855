/** The operators' API, asked with the key that the user gave. The key stays in this tab and is never part of an address. */

const storageName = "ccr-console-key";
/** What every header can carry: most else the browser refuses to send, which would look like a router that does not answer. */
const sendable = /^[\x20-\x7e]*$/;

/** How an answer can fail, in kinds that the page tells apart. */
export class ApiError extends Error {
  /**
   * @param {"needs-key" | "refused" | "unreachable" | "failed"} kind
   * @param {string} message
   */
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** @returns {string} The key, or "". */
export function currentKey() {
  return sessionStorage.getItem(storageName) ?? "";
}

/**
 * Keeps the key until the tab is closed; "" forgets it.
 *
 * @param {string} key
 */
export function useKey(key) {
  if (key === "") sessionStorage.removeItem(storageName);
  else sessionStorage.setItem(storageName, key);
}

/**
 * Rejects with ApiError.
 *
 * @template Answer
 * @param {string} path
 * @param {Record<string, string | null | undefined>} [query]
 * @returns {Promise<Answer>}
 */
export async function read(path, query = {}) {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  const { answer, body } = await send("GET", path + search);
  if (!answer.ok) throw toError(answer, body);
  return body;
}

/**
 * The same; null where the router answers that it cannot tell, as while its ledger is away: the rest of a page goes on.
 *
 * @template Answer
 * @param {string} path
 * @param {Record<string, string | null | undefined>} [query]
 * @returns {Promise<Answer | null>}
 */
export async function readIfKnown(path, query) {
  try {
    return await read(path, query);
  } catch (error) {
    if (error instanceof ApiError && error.kind === "failed") return null;
    throw error;
  }
}

/**
 * A change. The answer's body also where it was refused for its content (422).
 *
 * @template Answer
 * @param {string} path
 * @returns {Promise<Answer>}
 */
export async function change(path) {
  const { answer, body } = await send("POST", path);
  if (!answer.ok && answer.status !== 422) throw toError(answer, body);
  return body;
}

/**
 * @param {string} method
 * @param {string} path
 * @returns {Promise<{ answer: Response, body: any }>}
 */
async function send(method, path) {
  const key = currentKey();
  if (!sendable.test(key)) throw new ApiError("needs-key", "No key holds such signs.");
  /** @type {Record<string, string>} */
  const headers = { "x-ccr-console": "1" };
  if (key !== "") headers.authorization = `Bearer ${key}`;
  try {
    const signal = AbortSignal.timeout(10_000);
    // From where the page is: a proxy may have put the router below a path of its own.
    const answer = await fetch(`.${path}`, { method, headers, signal, cache: "no-store", credentials: "omit" });
    return { answer, body: await answer.json() };
  } catch {
    throw new ApiError("unreachable", "The router does not answer.");
  }
}

/**
 * @param {Response} answer
 * @param {{ error?: { message?: string } }} body
 */
function toError({ status }, body) {
  const message = body?.error?.message ?? `the router answered ${status}`;
  if (status === 401) return new ApiError("needs-key", message);
  return new ApiError(status === 403 ? "refused" : "failed", message);
}
