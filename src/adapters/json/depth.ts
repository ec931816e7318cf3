import { MAX_DEPTH } from './parts.js';

/** Text shorter than this can't hold a value nested too deep: each level costs two characters. */
const SHALLOW = 2 * (MAX_DEPTH + 1);
const [QUOTE, BACKSLASH, ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether the value of the member `data` is nested deeper than allowed.
 *
 * @param text the valid JSON of the whole frame
 */
export function isTooDeep(data: unknown, text: string): boolean {
  if (text.length < SHALLOW || !isNested(data)) return false;
  // Reading the text is several times faster than visiting thousands of small objects. It may find more than `data`
  // has: members that a later one of the same name has replaced.
  return nestsDeeper(text, MAX_DEPTH + 1) && exceeds(data, MAX_DEPTH);
}

/** Whether brackets that are not part of a string nest deeper than `levels`. */
function nestsDeeper(text: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === ARRAY || code === OBJECT) depth++;
    else if (code === ARRAY_END || code === OBJECT_END) depth--;
    if (depth > levels) return true;
  }
  return false;
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1;
  return at;
}

/** Recursion ends at the limit, so hostile nesting can't exhaust the stack. */
function exceeds(value: unknown, levels: number): boolean {
  if (!isNested(value)) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => exceeds(item, levels - 1));
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
