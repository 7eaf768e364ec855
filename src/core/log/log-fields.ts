/** What a line of the log tells besides its sentence. */
export interface LogFields {
  readonly [field: string]: unknown;
}
