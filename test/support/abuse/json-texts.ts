import * as fc from 'fast-check';
import { nested, nestedObjects } from '../bad-requests.js';

/** Names that objects have by themselves. */
const INHERITED = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
];

/** Strings that something somewhere might take for more than text. */
export const NASTY: readonly string[] = [
  ...INHERITED,
  '',
  ' ',
  '*',
  'h*',
  '?',
  '[a-z]',
  '../home',
  'realtime:global',
  'realtime:room:home',
  '\u0000',
  'home\u0000',
  'a\r\n{"level":"info","msg":"canary-forged"}',
  '\u001b[2J\u001b[31mcanary-red',
  '\u202ecanary-turned',
  '\u2028\u2029',
  '\ud800',
  'a\udfff',
  '\ufeff',
  '\uffff',
  '${canary-jndi}',
  '{{7*7}}',
  '%s%n%00',
  "';FLUSHALL--",
  'c_0',
  'guest-',
  'global',
];

/** Names that look like the room of those who behave, or are no names at all. */
export const TWINS: readonly string[] = [
  'Home',
  'home ',
  'home.',
  'hom\u0435',
  'h\u043eme',
  '\uff48ome',
  'home\u200b',
  'home\u0301',
  'hom\u00e9',
  'ho\u1d0de',
];

const keys = ['type', 'room', 'data', 'id', 'from', 'ts', 'offset', 're', 'epoch', 'since', 'user', 'Data'];

/** Any key, as the text of a JSON string. */
export const keyText: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 3, arbitrary: fc.constantFrom(...keys) },
    { weight: 3, arbitrary: fc.constantFrom(...INHERITED) },
    { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  )
  .map((key) => JSON.stringify(key));

const numbers = ['0', '-0', '-1', '1e400', '-1e400', '1e308', '1e-400', '9007199254740993', '1.5', '1'.repeat(400)];
const oddities = ['01', '+1', 'NaN', 'Infinity', 'undefined', "'a'", '"\u0001"', '"\\x"', '"\\u12"', '/**/1', '1,', ''];

const long = fc
  .tuple(fc.constantFrom('x', 'ä', '😀', '\\n', '\\u0000', '\\ud800', '"'), fc.integer({ min: 100, max: 9000 }))
  .map(([unit, count]) => (unit === '"' ? '"\\""' : `"${unit.repeat(count)}"`));

/** Costs both sides a millisecond each, so it is rare. */
const heavy = fc.oneof(
  fc.constantFrom(nested(10_000), nested(30_000), nestedObjects(9000), '['.repeat(10_000)),
  fc.constant(`[${Array.from({ length: 12_000 }, () => '1e20').join()}]`),
  long,
);

/** Any value as JSON text, right or wrong, shallow or deep. */
export const valueText: fc.Arbitrary<string> = fc.oneof(
  { weight: 32, arbitrary: fc.constantFrom('null', 'true', 'false', '[]', '{}', '""', '"#ID#"', ...numbers) },
  { weight: 32, arbitrary: fc.constantFrom(...NASTY, ...TWINS).map((text) => JSON.stringify(text)) },
  { weight: 16, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => JSON.stringify(text)) },
  { weight: 16, arbitrary: fc.tuple(keyText, keyText).map(([a, b]) => `{${a}:{${b}:1},${b}:[${a}]}`) },
  { weight: 8, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 8, arbitrary: fc.integer({ min: 60, max: 70 }).map(nested) },
  { weight: 8, arbitrary: fc.constantFrom(...oddities) },
  { weight: 1, arbitrary: heavy },
);
