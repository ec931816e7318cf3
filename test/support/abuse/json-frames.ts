import * as fc from 'fast-check';
import { HOME } from './crowd.js';
import { keyText, NASTY, TWINS, valueText } from './json-texts.js';

/** `#ID#` becomes an id of its own in each frame of a conversation, `#ME#` a room of the attacker's. */
type Member = readonly [key: string, value: string];

const ID: Member = ['"id"', '"#ID#"'];
const type = (name: string): Member => ['"type"', JSON.stringify(name)];
const room = (name: string): Member => ['"room"', JSON.stringify(name)];
const data = (text: string): Member => ['"data"', text];

const rooms = fc.oneof(
  { weight: 6, arbitrary: fc.constant('#ME#') },
  { weight: 2, arbitrary: fc.constantFrom(...TWINS, ...NASTY) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 130 }) },
);
/** Rooms not to be joined by these tests: what is said there must not be heard. */
const anyRoom = fc.oneof({ weight: 4, arbitrary: rooms }, { weight: 1, arbitrary: fc.constant(HOME) });
const since = fc
  .tuple(
    fc.constantFrom('"e"', '""', 'null', '1', '"AAAAAAAAAAAAAAAA"', '"__proto__"'),
    fc.constantFrom('0', '1', '-1', '1e15', '9007199254740991', '1e400', '"1"', '1.5'),
  )
  .map(([epoch, offset]) => data(`{"since":{"epoch":${epoch},"offset":${offset}}}`));
const bounds = fc.constantFrom('{}', '{"limit":100}', '{"after":0,"limit":1}', '{"before":1e9}', '{"limit":101}', '1');
const small = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => JSON.stringify(text)),
  valueText,
);
const events = fc.constantFrom('chat', '', 'poll', 'constructor', 'a.b-c_d');
const others = fc.constantFrom(
  'welcome',
  'ack',
  'error',
  'pong',
  'gap',
  'draining',
  'presence',
  'typing',
  'auth',
  'ping',
);

/** Frames as they should be, or nearly. */
const members: fc.Arbitrary<readonly Member[]> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(events, anyRoom, small).map(([t, r, d]) => [type(t), room(r), data(d), ID]) },
  { weight: 1, arbitrary: fc.tuple(events, small).map(([t, d]) => [type(t), data(d), ID]) },
  { weight: 4, arbitrary: rooms.map((r) => [type('join'), room(r), ID]) },
  { weight: 2, arbitrary: fc.tuple(rooms, since).map(([r, s]) => [type('join'), room(r), s, ID]) },
  { weight: 1, arbitrary: since.map((s) => [type('join'), s, ID]) },
  { weight: 2, arbitrary: anyRoom.map((r) => [type('leave'), room(r), ID]) },
  { weight: 2, arbitrary: fc.tuple(anyRoom, bounds).map(([r, b]) => [type('history'), room(r), data(b), ID]) },
  { weight: 3, arbitrary: fc.tuple(others, anyRoom, small).map(([t, r, d]) => [type(t), room(r), data(d), ID]) },
);

interface Change {
  readonly kind: 'remove' | 'retype' | 'add' | 'repeat' | 'rename' | 'front';
  readonly at: number;
  readonly key: string;
  readonly value: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('remove', 'retype', 'add', 'repeat', 'rename', 'front'),
  at: fc.nat(5),
  key: keyText,
  value: valueText,
});

/** Many frames stay as they are: only what is right gets further than the codec. */
const changes = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 5, arbitrary: fc.array(change, { minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.array(change, { minLength: 2, maxLength: 4 }) },
);

function apply(list: readonly Member[], { kind, at, key, value }: Change): readonly Member[] {
  const index = at % list.length;
  const chosen = list[index] ?? ID;
  if (kind === 'remove') return list.toSpliced(index, 1);
  if (kind === 'retype') return list.with(index, [chosen[0], value]);
  if (kind === 'rename') return list.with(index, [key, chosen[1]]);
  if (kind === 'repeat') return [...list, [chosen[0], value]];
  return kind === 'add' ? [...list, [key, value]] : [[key, value], ...list];
}

/** What may become of the text as a whole. */
const finishing: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 20, arbitrary: fc.constant((text: string) => text) },
  { weight: 1, arbitrary: fc.nat(80).map((end) => (text: string) => text.slice(0, end)) },
  { weight: 1, arbitrary: fc.constant((text: string) => `[${text}]`) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(60), fc.string({ unit: 'binary', maxLength: 3 })).map(
      ([at, junk]) =>
        (text: string) =>
          text.slice(0, at) + junk + text.slice(at),
    ),
  },
);

/** A client's text: a frame of the protocol, with some things changed about it. Up to 65,536 bytes. */
export const jsonFrame: fc.Arbitrary<string> = fc
  .tuple(members, changes, finishing)
  .map(([list, some, finish]) => {
    const changed = some.reduce((sum, each) => (sum.length === 0 ? sum : apply(sum, each)), list);
    return finish(`{${changed.map(([key, value]) => `${key}:${value}`).join()}}`);
  })
  .filter((text) => Buffer.byteLength(text) <= 65_000);
