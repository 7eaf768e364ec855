/** Notes of one request's translation. */

/** What was mapped loosely, left out or clamped: one line each, each said once. */
export interface Notes {
  add(note: string): void;
  list(): readonly string[];
}

/** An empty collection of notes. */
export function createNotes(): Notes {
  const notes = new Set<string>();
  return { add: (note) => void notes.add(note), list: () => [...notes] };
}
