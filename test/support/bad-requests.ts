/** Lists in lists, so many levels deep. */
export const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
/** Objects in objects. */
export const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** Text that is no JSON. */
export const badJson: readonly string[] = [
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
];

/** JSON that is no frame. */
export const noObject: readonly string[] = ['null', 'true', '1', '"chat"', '[]', '[{"data":1}]', nested(10_000)];

/** Frames of the wrong shape, which ask for an answer to the id `x`. */
export const badShape: readonly (readonly [name: string, frame: string])[] = [
  ...['from', 'ts', 'offset', 're', 'epoch', 'Data', '__proto__', 'constructor', 'toString', 'hasOwnProperty', ''].map(
    (key) => [`an unknown key ${key}`, `{"data":1,${JSON.stringify(key)}:1,"id":"x"}`] as const,
  ),
  ['a __proto__ that brings data', '{"__proto__":{"data":1,"room":"lobby"},"id":"x"}'],
  ['no data', '{"type":"chat","id":"x"}'],
  ...['null', '1', '[]', '{}', 'true', nested(10_000), nestedObjects(9_000)].flatMap((value) => [
    [`a type that is ${value.slice(0, 8)}`, `{"type":${value},"data":1,"id":"x"}`] as const,
    [`a room that is ${value.slice(0, 8)}`, `{"room":${value},"data":1,"id":"x"}`] as const,
    [`a room to join that is ${value.slice(0, 8)}`, `{"type":"join","room":${value},"id":"x"}`] as const,
  ]),
  ...['Chat', 'a b', '1a', '_a', '__proto__', 'é', '.a', ' chat', 'chat\n', 'a'.repeat(65)].map(
    (type) => [`the type ${type.slice(0, 12)}`, JSON.stringify({ type, data: 1, id: 'x' })] as const,
  ),
  ['data 65 deep', `{"data":${nested(65)},"id":"x"}`],
  ['data 10,000 deep', `{"data":${nested(10_000)},"id":"x"}`],
  ['data 30,000 deep', `{"data":${nested(30_000)},"id":"x"}`],
  ['objects 9,000 deep', `{"data":${nestedObjects(9_000)},"id":"x"}`],
  ['a join without room and since', '{"type":"join","id":"x"}'],
  ['a leave without room', '{"type":"leave","id":"x"}'],
  ['a presence without room', '{"type":"presence","id":"x"}'],
  ['a typing without room', '{"type":"typing","id":"x"}'],
  ...[
    '1',
    'null',
    '{"epoch":"e"}',
    '{"offset":1}',
    '{"epoch":1,"offset":1}',
    '{"epoch":"e","offset":-1}',
    '{"epoch":"e","offset":1.5}',
    '{"epoch":"e","offset":"1"}',
    '{"epoch":"e","offset":1e400}',
    '{"epoch":"e","offset":1,"more":1}',
  ].map((since) => [`since ${since}`, `{"type":"join","room":"a","data":{"since":${since}},"id":"x"}`] as const),
  ...['0', '101', '-1', '1.5', '"9"', 'null'].map(
    (limit) => [`a history of ${limit}`, `{"type":"history","data":{"limit":${limit}},"id":"x"}`] as const,
  ),
  ['a history with unknown bounds', '{"type":"history","data":{"from":1},"id":"x"}'],
];

/** What is no id, as JSON. */
export const badIds: readonly string[] = [
  '""',
  '1',
  'null',
  '{}',
  '[]',
  JSON.stringify('x'.repeat(65)),
  JSON.stringify('😀'.repeat(65)),
];

/** What is no name of a room. */
export const badRooms: readonly string[] = [
  '',
  ' ',
  'a b',
  ' a',
  '_a',
  '__proto__',
  '.',
  '../a',
  'a/b',
  '*',
  'a*',
  'a?',
  '[a]',
  'a\u0000',
  'a\u200b',
  'a\n',
  'e\u0301',
  '\ud800',
  'a\udc00',
  '😀',
  'a'.repeat(129),
  'a'.repeat(60_000),
];
