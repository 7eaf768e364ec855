/** Randomness that can be repeated, for tests and benchmarks. */

/** A seeded generator of numbers in [0, 1): failures can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
