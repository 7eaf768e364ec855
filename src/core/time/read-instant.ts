/** Days and instants as people write them: ISO 8601, in UTC where no offset stands, whatever the machine's time zone. */

const shape = /^(?<day>\d{4}-\d\d-\d\d)(?<time>T\d\d:\d\d(:\d\d(\.\d+)?)?(?<offset>Z|[+-]\d\d:\d\d)?)?$/;

/** Unix milliseconds of a day (its beginning) or an instant; NaN for what is neither, as a day that its month does not have. */
export function readInstant(text: string): number {
  const found = shape.exec(text);
  if (found === null) return Number.NaN;
  const { day = "", time, offset } = found.groups ?? {};
  if (!isInCalendar(day)) return Number.NaN;
  return Date.parse(time === undefined || offset !== undefined ? text : `${text}Z`);
}

/** Date.parse takes the 31st of a month of thirty days for the first of the next one. */
function isInCalendar(day: string): boolean {
  const atMs = Date.parse(day);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day);
}
