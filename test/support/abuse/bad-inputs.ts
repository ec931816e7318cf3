import { NASTY, TWINS } from './json-texts.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const ID = '"id":"#ID#"';

/** Frames that are refused, by the code that says why. `#ID#` becomes the frame's id. */
export const refused: Readonly<Record<string, readonly string[]>> = {
  bad_json: [
    '',
    ' ',
    '{',
    'hello',
    '{"data":1}}',
    '{"data":1,}',
    "{'data':1}",
    '{"data":NaN}',
    '{"data":"\u0001"}',
    '\ufeff{"data":1}',
    '\u0000',
    `{"data":${'['.repeat(10_000)}`,
  ],
  bad_request: [
    'null',
    'true',
    '1',
    '"chat"',
    '[]',
    '[{"data":1}]',
    nested(10_000),
    ...['from', 'ts', 'offset', 're', 'epoch', 'Data', '__proto__', 'constructor', 'toString', 'hasOwnProperty'].map(
      (key) => `{"data":1,"${key}":1,${ID}}`,
    ),
    `{"__proto__":{"data":1,"room":"home"},${ID}}`,
    `{"type":"chat",${ID}}`,
    ...['null', '1', '[]', '{}', 'true', nested(10_000), nestedObjects(9000)].flatMap((value) => [
      `{"type":${value},"data":1,${ID}}`,
      `{"room":${value},"data":1,${ID}}`,
      `{"type":"join","room":${value},${ID}}`,
    ]),
    ...['Chat', 'a b', '1a', '_a', '__proto__', 'é', '.a', ' chat', 'chat\n', 'a'.repeat(65)].map(
      (type) => `{"type":${JSON.stringify(type)},"data":1,${ID}}`,
    ),
    ...[nested(65), nested(10_000), nested(30_000), nestedObjects(9000)].map((data) => `{"data":${data},${ID}}`),
    ...['join', 'leave', 'presence', 'typing'].map((type) => `{"type":"${type}",${ID}}`),
    ...['1', 'null', '{"epoch":"e"}', '{"offset":1}', '{"epoch":"e","offset":-1}', '{"epoch":"e","offset":1e400}'].map(
      (since) => `{"type":"join","room":"a","data":{"since":${since}},${ID}}`,
    ),
    ...['0', '101', '1.5', '"9"', 'null'].map((limit) => `{"type":"history","data":{"limit":${limit}},${ID}}`),
    ...['""', '1', 'null', '{}', '[]', `"${'x'.repeat(65)}"`].map((id) => `{"data":1,"id":${id}}`),
  ],
  room_name: [
    '',
    ' ',
    'a b',
    '_a',
    '__proto__',
    '.',
    '../a',
    '*',
    'a*',
    '[a]',
    'a\u200b',
    'a\n',
    'e\u0301',
    '\ud800',
    'a'.repeat(129),
  ]
    .map((room) => JSON.stringify(room))
    .flatMap((room) => [
      `{"type":"join","room":${room},${ID}}`,
      `{"type":"leave","room":${room},${ID}}`,
      `{"type":"history","room":${room},${ID}}`,
      `{"data":"canary-nowhere","room":${room},${ID}}`,
    ]),
  not_a_member: ['home', 'another-home', 'constructor', 'toString', 'hasOwnProperty'].flatMap((room) => [
    `{"type":"leave","room":"${room}",${ID}}`,
    `{"type":"history","room":"${room}",${ID}}`,
    `{"data":{"number":1},"room":"${room}",${ID}}`,
  ]),
  unsupported: ['welcome', 'ack', 'error', 'pong', 'gap', 'draining'].map(
    (type) => `{"type":"${type}","data":{},${ID}}`,
  ),
  too_large: [`{"data":[${Array.from({ length: 12_000 }, () => '1e20').join()}],${ID}}`],
};

/** What a client may claim to be in the query of its upgrade. */
export const claims: readonly string[] = [...NASTY, ...TWINS];
