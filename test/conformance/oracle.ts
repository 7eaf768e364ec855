/**
 * The judge of translation: recorded answers, cases, ways to cut bytes, and the engine that checks what came out.
 * It shares no folding code with the program.
 */
export { byteVariants, encodePayloads } from "./oracle/byte-variants.ts";
export { checkCase, mustFailures } from "./oracle/check-case.ts";
export { loadCases, loadRecorded, skipReason } from "./oracle/fixtures.ts";
export type { RecordedAnswer, TranslationCase } from "./oracle/fixtures.ts";
export { anthropicInvariants } from "./oracle/invariants.ts";
export { observeBody, observeHttp, observeRefusal, observeRequest, observeStream } from "./oracle/observed.ts";
export type { Observed } from "./oracle/observed.ts";
export { parseSse } from "./oracle/sse-text.ts";
