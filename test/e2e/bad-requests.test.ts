import { describe, expect, it } from 'vitest';
import { attackedPod } from '../support/attacked-pod.js';
import { badIds, badJson, badRooms, badShape, nested, noObject } from '../support/bad-requests.js';
import { connectClient } from '../support/pods.js';

const pod = attackedPod();

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
