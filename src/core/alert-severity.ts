/** How bad it is what an alert tells: the label `severity`. */
export type Severity = "critical" | "warning" | typeof quietSeverity;

/** Of what is no trouble: the watchdog, which always fires and is missed when it does not. */
export const quietSeverity = "none";
