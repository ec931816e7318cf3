import { MAX_DEPTH } from './parts.js';

/** Text shorter than this can't hold a value nested too deep: each level costs two characters. */
const SHALLOW = 2 * (MAX_DEPTH + 1);

/** Whether the value, parsed from this text, is nested deeper than allowed. */
export function isTooDeep(value: unknown, textLength: number): boolean {
  return textLength >= SHALLOW && exceeds(value, MAX_DEPTH);
}

/** Recursion ends at the limit, so hostile nesting can't exhaust the stack. */
function exceeds(value: unknown, levels: number): boolean {
  if (!isNested(value)) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => exceeds(item, levels - 1));
  // Every message comes by here, so no list of its members is made. What JSON made has none but its own.
  for (const key in value) if (exceeds(value[key], levels - 1)) return true;
  return false;
}

function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
