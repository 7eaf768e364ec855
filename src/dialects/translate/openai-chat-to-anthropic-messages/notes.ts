/** Collects what a translation left out or changed: one line each, none twice. */
export interface Notes {
  add(note: string): void;
  list(): readonly string[];
}

export function createNotes(): Notes {
  const notes = new Set<string>();
  return { add: (note) => void notes.add(note), list: () => [...notes] };
}
