const SEED_ONE = 0x811c9dc5;
const SEED_TWO = 0x9e3779b9;
const FACTOR_ONE = 0x01000193;
const FACTOR_TWO = 0x85ebca6b;
/** Of the second half as many bits are kept as a number can hold exactly beside the 32 of the first. */
const SECOND_BITS = 21;

/**
 * 53 bits that stand for a text. Two texts that somebody did not choose for it have different ones, but for one pair in
 * 9 * 10^15; who chooses can find two that have the same. So it tells a user's texts apart for that user alone.
 */
export function fingerprint(text: string): number {
  let one = SEED_ONE;
  let two = SEED_TWO ^ text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, FACTOR_ONE);
    two = Math.imul(two ^ unit, FACTOR_TWO);
  }
  return (mixed(one) >>> 0) * 2 ** SECOND_BITS + (mixed(two) >>> (32 - SECOND_BITS));
}

/** Spreads every bit over all of them: a product carries them upwards only. */
function mixed(bits: number): number {
  const half = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  const whole = Math.imul(half ^ (half >>> 15), 0x846ca68b);
  return whole ^ (whole >>> 16);
}
