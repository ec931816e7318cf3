import { MAX_DEPTH } from './parts.js';

/** Text shorter than this can't hold a value nested too deep: each level costs two characters. */
const SHALLOW = 2 * (MAX_DEPTH + 1);
const [QUOTE, BACKSLASH, ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Arrays and objects that are visited before the text is read instead: hardly any message has more. */
const FEW = 32;

/**
 * Whether the value of the member `data` is nested deeper than allowed.
 *
 * @param text the valid JSON of the whole frame
 */
export function isTooDeep(data: unknown, text: string): boolean {
  if (text.length < SHALLOW || !isNested(data)) return false;
  const deep = new Visit(FEW).exceeds(data, MAX_DEPTH);
  if (deep !== undefined) return deep;
  // Reading the text is several times faster than visiting thousands of small objects. It may find more than `data`
  // has: members that a later one of the same name has replaced.
  return nestsDeeper(text, MAX_DEPTH + 1) && new Visit(Infinity).exceeds(data, MAX_DEPTH) === true;
}

type Nested = Readonly<Record<string, unknown>>;

/** A walk over a value that gives up after a number of arrays and objects. */
class Visit {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** Whether it nests deeper; `undefined` if it gave up. Recursion ends at the limit, so nesting cannot exhaust the stack. */
  exceeds(value: Nested, levels: number): boolean | undefined {
    if (levels === 0) return true;
    if (this.#left-- === 0) return undefined;
    // Every message is visited, so no list of its members is made. What JSON made has none but its own.
    for (const key in value) {
      const item = value[key];
      const deep = isNested(item) && this.exceeds(item, levels - 1);
      if (deep !== false) return deep;
    }
    return false;
  }
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

function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null;
}
