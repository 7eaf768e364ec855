/** A step of the ledger's schema. */

/** What the databases write differently. */
export interface SchemaWords {
  /** Type of a column that numbers its rows. */
  readonly sequence: string;
  /** After a table whose rows lie in the order of their key: reports read them in that order. */
  readonly inKeyOrder: string;
}

/** The statements of one step. */
export type Migration = (words: SchemaWords) => readonly string[];
