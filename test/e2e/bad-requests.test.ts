import { describe, expect, it } from 'vitest';
import { attackedPod } from '../support/attacked-pod.js';
import { connectClient } from '../support/pods.js';

const pod = attackedPod();

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

const badJson = [
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

const noObject = ['null', 'true', '1', '"chat"', '[]', '[{"data":1}]', nested(10_000)];

const badShape: readonly (readonly [name: string, frame: string])[] = [
  ...['from', 'ts', 'offset', 're', 'Data', '__proto__', 'constructor', 'toString', ''].map(
    (key) => [`an unknown key ${key}`, `{"data":1,${JSON.stringify(key)}:1,"id":"x"}`] as const,
  ),
  ['a __proto__ that brings data', '{"__proto__":{"data":1,"room":"lobby"},"id":"x"}'],
  ['no data', '{"type":"chat","id":"x"}'],
  ...['null', '1', '[]', '{}', 'true', nested(10_000), nestedObjects(9_000)].flatMap((value) => [
    [`a type that is ${value.slice(0, 8)}`, `{"type":${value},"data":1,"id":"x"}`] as const,
    [`a room that is ${value.slice(0, 8)}`, `{"room":${value},"data":1,"id":"x"}`] as const,
    [`a room to join that is ${value.slice(0, 8)}`, `{"type":"join","room":${value},"id":"x"}`] as const,
  ]),
  ...['Chat', 'a b', '1a', '_a', '__proto__', 'é', '.a', ' chat', 'a'.repeat(65)].map(
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

const badIds = ['""', '1', 'null', '{}', '[]', JSON.stringify('x'.repeat(65)), JSON.stringify('😀'.repeat(65))];

const badRooms = [
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

describe('a bad frame gets an error, and the connection goes on', () => {
  async function errorFor(text: string) {
    const client = await connectClient(pod.port);
    client.sendText(text);
    const error = await client.until(() => client.ofType('error')[0], `the error for ${text.slice(0, 40)}`);
    expect(error.data).toEqual({
      code: error.data.code,
      message: expect.stringMatching(/^.{1,400}$/s),
      retryable: false,
    });
    expect((await client.request({ type: 'ping', id: 'still there' })).type).toBe('pong');
    expect(client.frames.map(({ type }) => type)).toEqual(['welcome', 'error', 'pong']);
    return { code: error.data.code, re: error.re };
  }

  it.each(badJson.map((text) => [text.slice(0, 20), text]))('bad_json: %j', async (_, text) => {
    expect(await errorFor(text)).toEqual({ code: 'bad_json', re: undefined });
  });

  it.each(noObject.map((text) => [text.slice(0, 20), text]))('bad_request, no object: %s', async (_, text) => {
    expect(await errorFor(text)).toEqual({ code: 'bad_request', re: undefined });
  });

  it.each(badShape)('bad_request: %s', async (_, text) => {
    expect(await errorFor(text)).toEqual({ code: 'bad_request', re: 'x' });
  });

  it.each(badIds.map((id) => [id.slice(0, 20), id]))('bad_request, the id %s', async (_, id) => {
    expect(await errorFor(`{"data":1,"id":${id}}`)).toEqual({ code: 'bad_request', re: undefined });
  });

  it.each(badRooms.map((room) => [room.slice(0, 20), room]))('room_name: %j', async (_, room) => {
    for (const frame of [{ type: 'join' }, { type: 'leave' }, { type: 'history' }, { data: 1 }]) {
      expect(await errorFor(JSON.stringify({ ...frame, room, id: 'x' }))).toEqual({ code: 'room_name', re: 'x' });
    }
  });

  it.each(['welcome', 'ack', 'error', 'pong', 'gap', 'draining'])('unsupported: %s', async (type) => {
    expect(await errorFor(JSON.stringify({ type, data: {}, id: 'x' }))).toEqual({ code: 'unsupported', re: 'x' });
  });

  it.each([
    { type: 'presence', room: 'a' },
    { type: 'typing', room: 'a' },
    { type: 'auth', data: { token: 'x' } },
  ])('unsupported so far: $type', async (frame) => {
    expect(await errorFor(JSON.stringify({ ...frame, id: 'x' }))).toEqual({ code: 'unsupported', re: 'x' });
  });

  it.each([
    { type: 'leave', room: 'witnesses' },
    { type: 'history', room: 'witnesses' },
    { type: 'chat', room: 'witnesses', data: { content: 'Ada 1' } },
    { type: 'chat', room: 'constructor', data: 1 },
  ])('not_a_member: $type to $room', async (frame) => {
    expect(await errorFor(JSON.stringify({ ...frame, id: 'x' }))).toEqual({ code: 'not_a_member', re: 'x' });
  });

  it('too_large: what grows beyond 128 KiB', async () => {
    const numbers = Array.from({ length: 12_000 }, () => '1e20').join();
    expect(await errorFor(`{"data":[${numbers}],"id":"x"}`)).toEqual({ code: 'too_large', re: 'x' });
  });
});

describe('what looks bad and is not', () => {
  it('a second join', async () => {
    const client = await connectClient(pod.port, { rooms: ['twice'] });
    expect((await client.request({ type: 'join', room: 'twice' })).type).toBe('ack');
  });

  it('names that objects have by themselves, as rooms, types and keys of data', async () => {
    const client = await connectClient(pod.port);
    for (const room of ['constructor', 'toString', 'hasOwnProperty']) {
      expect((await client.request({ type: 'join', room })).type).toBe('ack');
      client.sendText(`{"type":"constructor","room":"${room}","data":{"__proto__":{"content":"x"},"constructor":1}}`);
      const [message] = await client.until(() => client.messages(room).length > 0 && client.messages(room), 'it');
      expect(message?.type).toBe('constructor');
      expect(JSON.stringify(message?.data)).toBe('{"__proto__":{"content":"x"},"constructor":1}');
    }
  });

  it('data 64 deep, ids of 64 code points, rooms of 128', async () => {
    const client = await connectClient(pod.port);
    const room = 'ä'.repeat(128);
    expect((await client.request({ type: 'join', room, id: '😀'.repeat(64) })).type).toBe('ack');
    client.sendText(`{"room":"${room}","data":${nested(64)},"id":"deep"}`);
    expect((await client.until(() => client.frames.find(({ re }) => re === 'deep'), 'its ack')).type).toBe('ack');
  });
});

describe('too much', () => {
  it('too_many_rooms: the 101st', async () => {
    const rooms = Array.from({ length: 100 }, (_, n) => `room-${n}`);
    const client = await connectClient(pod.port, { rooms });
    expect((await client.request({ type: 'join', room: 'one-more' })).data.code).toBe('too_many_rooms');
    expect((await client.request({ type: 'join', room: 'room-0' })).type).toBe('ack');
    await client.request({ type: 'leave', room: 'room-0' });
    expect((await client.request({ type: 'join', room: 'one-more' })).type).toBe('ack');
  });

  it('rate_limited: the excess of a flood, with the time to wait; a ping is free', async () => {
    const client = await connectClient(pod.port, { rooms: ['flood'] });
    for (let n = 0; n < 1000; n++) client.send({ room: 'flood', data: n, id: `${n}` });
    expect((await client.request({ type: 'ping' })).type).toBe('pong');
    const errors = client.ofType('error');
    expect(client.ofType('ack').length - 1 + errors.length).toBe(1000);
    expect(errors.length).toBeGreaterThan(100);
    for (const { data } of errors) {
      expect(data).toMatchObject({ code: 'rate_limited', retryable: true, retryAfterMs: expect.any(Number) });
      expect(data['retryAfterMs']).toBeGreaterThan(0);
    }
    expect(client.isOpen).toBe(true);
  });

  it('more than 1,000 errors in a row close with 1008', async () => {
    const client = await connectClient(pod.port);
    for (let n = 0; n < 1200; n++) client.sendText('{');
    expect((await client.closed).code).toBe(1008);
    expect(client.ofType('error').length).toBeGreaterThanOrEqual(1000);
    expect(client.ofType('error').length).toBeLessThanOrEqual(1001);
  });
});
