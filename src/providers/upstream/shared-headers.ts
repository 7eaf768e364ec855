/** Headers that stand in many requests, with their lines once these were rendered and found to be fit for sending. */
export class SharedHeaders {
  /** Names in lower case. */
  readonly values: Readonly<Record<string, string>>;
  /** Kept by http-request-head.ts. */
  lines: string | null = null;

  constructor(values: Readonly<Record<string, string>>) {
    this.values = values;
  }
}
