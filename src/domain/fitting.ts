import type { Entry } from '../ports/broadcast-port.js';

/**
 * As many messages of a page as fit, but at least one.
 *
 * @param most bytes of frames
 * @param forward from the beginning of the page on; otherwise from its end backwards
 * @param extra bytes that each frame takes besides its own
 */
export function fitting(entries: readonly Entry[], most: number, forward: boolean, extra = 0): readonly Entry[] {
  let bytes = 0;
  const isTooMany = ({ frame }: Entry): boolean => (bytes += frame.length + extra) > most;
  const end = forward ? entries.findIndex(isTooMany) : entries.findLastIndex(isTooMany);
  if (end < 0) return entries;
  return forward ? entries.slice(0, Math.max(1, end)) : entries.slice(Math.min(entries.length - 1, end + 1));
}
