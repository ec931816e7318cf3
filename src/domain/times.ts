/** The last millisecond since 1970 that a `Date` can hold. */
export const END_OF_TIME = 8_640_000_000_000_000;

/** What {@link isMoment} accepts, for error messages. */
export const MOMENT_EXPECTED = 'whole milliseconds since 1970';

export function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= END_OF_TIME;
}
