import { expect, it } from 'vitest';
import { wordsOf } from '../../../src/adapters/redis/link.js';

it.each([
  [new Error("ERR unknown command 'auth', with args beginning with: 'canary' 'canary' "), "ERR unknown command 'auth'"],
  [new Error('NOPERM no permissions'), 'NOPERM no permissions'],
  ['no answer', 'no answer'],
])('what Redis repeats of a command is not told: %s', (cause, words) => {
  expect(wordsOf(cause)).toBe(words);
});
