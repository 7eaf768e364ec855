/** An alert as it was told to the router: the words that the webhook, the store, the API and the command share. */

export type AlertState = "firing" | "resolved";

/** What a notification says of one alert. */
export interface ToldAlert {
  /** Alertmanager's hash of the labels: the same alert, told again, has the same one. */
  readonly fingerprint: string;
  readonly state: AlertState;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Page of the rule's expression, or "". */
  readonly sourceUrl: string;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  /** null while it fires. */
  readonly endedAtMs: number | null;
}

export interface Acknowledgement {
  readonly atMs: number;
  /** Who: the name of the admin key, or of a person on this machine. */
  readonly by: string;
  readonly note: string;
}

/** An alert as the store has it. */
export interface StoredAlert extends ToldAlert {
  /** Label `alertname`, "" where it has none. */
  readonly name: string;
  /** Label `severity`, "" where it has none. */
  readonly severity: string;
  readonly firstToldAtMs: number;
  readonly lastToldAtMs: number;
  readonly timesTold: number;
  /** Of this firing: gone when the alert fires anew. */
  readonly acknowledged: Acknowledgement | null;
}

/** One line of an alert's history. */
export interface AlertEvent {
  readonly fingerprint: string;
  readonly what: AlertState | "acknowledged";
  readonly atMs: number;
  /** Of an acknowledgement; "" otherwise. */
  readonly actor: string;
  readonly note: string;
}
