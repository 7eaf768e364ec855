/**
 * Ids of a call's spans, made of the call's id: nothing has to be kept while the call runs, and the `traceparent`
 * that a provider was sent names the very span that is written after the call.
 */

/** 16 hex digits for one part of a call: `call`, `attempt:0`, `step:2`. The same answer each time. */
export function spanIdOf(callId: string, part: string): string {
  const text = `${callId}/${part}`;
  const id = hash(text, 0x811c9dc5) + hash(text, 0x9e3779b9);
  return id === "0000000000000000" ? "0000000000000001" : id;
}

/** FNV-1a with a last mixing step, so that neighbours differ in all digits. */
function hash(text: string, start: number): string {
  let value = start;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return ((value ^ (value >>> 16)) >>> 0).toString(16).padStart(8, "0");
}
