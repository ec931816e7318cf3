import assert from 'node:assert/strict';
import { inspect } from 'node:util';

const SHOWN_MAX = 300;
const COMPARING: ReadonlySet<string> = new Set(['strictEqual', 'deepStrictEqual', 'equal', 'deepEqual']);

/**
 * Runs a case, and gives each failure a sentence: what must hold, what was expected and what came. Node's own words, such as
 * `Expected values to be strictly equal`, say none of it once a runner has cut off the rest.
 *
 * @param name the sentence of the case, for an assertion that has none of its own
 */
export async function sayWhat(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw error instanceof assert.AssertionError ? explained(name, error) : error;
  }
}

function explained(name: string, error: assert.AssertionError): assert.AssertionError {
  const { actual, expected, operator, generatedMessage } = error;
  const sentence = generatedMessage ? name : error.message;
  const isComparison = COMPARING.has(operator);
  if (!generatedMessage && !isComparison) return error;
  const values = isComparison ? `: expected ${shown(expected)}, got ${shown(actual)}` : ' does not hold';
  const told = new assert.AssertionError({ message: `${sentence}${values}`, actual, expected, operator });
  if (error.stack !== undefined) told.stack = error.stack.replace(error.message, told.message);
  return told;
}

function shown(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: Infinity, maxArrayLength: 20, maxStringLength: 100 });
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
