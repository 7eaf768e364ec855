/** Days and instants as people write them: ISO 8601, in UTC where no offset stands, whatever the machine's time zone. */

const shape = /^\d{4}-\d\d-\d\d(?<time>T\d\d:\d\d(:\d\d(\.\d+)?)?(?<offset>Z|[+-]\d\d:\d\d)?)?$/;

/** Unix milliseconds of a day (its beginning) or an instant; NaN for what is neither. */
export function readInstant(text: string): number {
  const found = shape.exec(text);
  if (found === null) return Number.NaN;
  const { time, offset } = found.groups ?? {};
  return Date.parse(time === undefined || offset !== undefined ? text : `${text}Z`);
}
