import { MAX_DEPTH } from './parts.js';

/** Text shorter than this can't hold a value nested too deep: each level costs two characters. */
const SHALLOW = 2 * (MAX_DEPTH + 1);

/** Whether the value, parsed from this text, is nested deeper than allowed. */
export function isTooDeep(value: unknown, textLength: number): boolean {
  return textLength >= SHALLOW && exceeds(value, MAX_DEPTH);
}

/** Recursion ends at the limit, so hostile nesting can't exhaust the stack. */
function exceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return children.some((child) => exceeds(child, levels - 1));
}
