/** An answer that is waited for no longer than it is worth. */

/** `answer`; rejects with Error where it takes longer than `patienceMs`. What comes of it then is nobody's. */
export function withinTime<Value>(answer: Promise<Value>, patienceMs: number): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), Math.max(0, patienceMs));
  answer.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
