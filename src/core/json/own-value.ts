/**
 * A table's value for a word that comes from outside; undefined where the table has none.
 *
 * Every object also answers to names like `constructor`, with what is no value of the table.
 */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
