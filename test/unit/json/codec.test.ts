import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCodec } from '../../../src/adapters/json/codec.js';

const codec = new JsonCodec();
const foreign = (text: string): unknown => codec.decodeForeign(Buffer.from(text));
const payload = (bytes: number): Buffer => Buffer.from(`{"data":"${'x'.repeat(bytes - 11)}"}`);
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('decode: requests', () => {
  it.each([
    ['{"data":1}', { verb: 'publish', type: 'chat', data: 1 }],
    ['{"type":"","data":null}', { verb: 'publish', type: 'chat', data: null }],
    ['{"type":"chat","room":"","data":{}}', { verb: 'publish', type: 'chat', room: '', data: {} }],
    [
      '{"type":"x.y-z_1","room":"a b","data":[],"id":"1"}',
      { verb: 'publish', type: 'x.y-z_1', room: 'a b', data: [], id: '1' },
    ],
    ['{"type":"constructor","data":1}', { verb: 'publish', type: 'constructor', data: 1 }],
    ['{"type":"chat","data":1,"type":"poll"}', { verb: 'publish', type: 'poll', data: 1 }],
    ['{"type":"join","room":"lobby"}', { verb: 'join', room: 'lobby' }],
    ['{"type":"join","room":"lobby","data":{}}', { verb: 'join', room: 'lobby' }],
    [
      '{"type":"join","room":"r","data":{"since":{"epoch":"e","offset":0}},"id":"j"}',
      { verb: 'join', room: 'r', id: 'j', since: { epoch: 'e', offset: 0 } },
    ],
    ['{"type":"join","data":{"since":{"epoch":"e","offset":41}}}', { verb: 'join', since: { epoch: 'e', offset: 41 } }],
    ['{"type":"leave","room":"r"}', { verb: 'leave', room: 'r' }],
    ['{"type":"history"}', { verb: 'history', limit: 50 }],
    [
      '{"type":"history","room":"r","data":{"after":3,"before":9,"limit":100}}',
      { verb: 'history', room: 'r', after: 3, before: 9, limit: 100 },
    ],
    ['{"type":"ping"}', { verb: 'ping' }],
    ['{"type":"ping","id":"p","data":1}', { verb: 'ping', id: 'p' }],
    ['{"type":"typing","room":"r"}', { verb: 'unsupported', type: 'typing', room: 'r' }],
    ['{"type":"presence","room":"r","id":"1"}', { verb: 'unsupported', type: 'presence', room: 'r', id: '1' }],
    ['{"type":"auth","data":{"token":"t"}}', { verb: 'auth', token: 't' }],
    ['{"type":"welcome","id":"w","data":[1]}', { verb: 'unsupported', type: 'welcome', id: 'w' }],
    ['{"type":"gap"}', { verb: 'unsupported', type: 'gap' }],
  ])('%s', (text, request) => {
    expect(codec.decode(text)).toStrictEqual(request);
  });

  it('takes an id of 64 code points', () => {
    const id = '😀'.repeat(64);
    expect(codec.decode(JSON.stringify({ data: 1, id }))).toStrictEqual({
      verb: 'publish',
      type: 'chat',
      data: 1,
      id,
    });
  });

  it('keeps keys that other code would trip over, as plain data', () => {
    const text = '{"data":{"__proto__":{"admin":true},"constructor":1}}';
    const request = codec.decode(text);
    if (request.verb !== 'publish') throw new Error(`expected a publish, got ${request.verb}`);
    expect(JSON.stringify(request.data)).toBe('{"__proto__":{"admin":true},"constructor":1}');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});

describe('decode: faults', () => {
  const typeFault = 'type: expected a name matching ^[a-z][a-z0-9_.-]{0,63}$, got ';
  it.each([
    ['', 'expected JSON text, got something that does not parse', 'bad_json'],
    ['{"data":1', 'expected JSON text, got something that does not parse', 'bad_json'],
    ['\ufeff{"data":1}', 'expected JSON text, got something that does not parse', 'bad_json'],
    ['null', 'expected an object, got null'],
    ['[1]', 'expected an object, got an array'],
    ['"hi"', 'expected an object, got "hi"'],
    ['42', 'expected an object, got 42'],
    ['{"type":null,"data":1}', 'type: expected a string, got null'],
    ['{"type":7,"data":1}', 'type: expected a string, got 7'],
    ['{"type":"Chat","data":1}', `${typeFault}"Chat"`],
    ['{"type":"__proto__","data":1}', `${typeFault}"__proto__"`],
    [`{"type":"${'a'.repeat(65)}","data":1}`, `${typeFault}"${'a'.repeat(40)}..."`],
    ['{"type":"chat\\n","data":1}', `${typeFault}"chat\\n"`],
    ['{}', 'data: expected any JSON value, got nothing'],
    ['{"room":null,"data":1}', 'room: expected a string, got null'],
    ['{"room":["a"],"data":1}', 'room: expected a string, got an array'],
    ['{"data":1,"from":{"id":"x"}}', 'expected no keys but type, room, data, id, got "from"'],
    ['{"data":1,"__proto__":{}}', 'expected no keys but type, room, data, id, got "__proto__"'],
    ['{"data":1,"constructor":{}}', 'expected no keys but type, room, data, id, got "constructor"'],
    ['{"data":1,"id":""}', 'id: expected a string of 1 to 64 characters, got ""'],
    ['{"data":1,"id":5}', 'id: expected a string of 1 to 64 characters, got 5'],
    ['{"type":"join"}', 'room: expected a string, got nothing'],
    ['{"type":"join","room":null}', 'room: expected a string, got null'],
    ['{"type":"join","data":{}}', 'data.since: expected an object, got nothing'],
    ['{"type":"join","room":"r","data":null}', 'data: expected an object, got null'],
    ['{"type":"join","room":"r","data":{"since":null}}', 'data.since: expected an object, got null'],
    ['{"type":"join","room":"r","data":{"from":1}}', 'data: expected no keys but since, got "from"'],
    [
      '{"type":"join","room":"r","data":{"since":{"epoch":"e"}}}',
      'data.since.offset: expected an integer from 0 on, got nothing',
    ],
    [
      '{"type":"join","room":"r","data":{"since":{"epoch":1,"offset":1}}}',
      'data.since.epoch: expected a string, got 1',
    ],
    [
      '{"type":"join","room":"r","data":{"since":{"epoch":"e","offset":-1}}}',
      'data.since.offset: expected an integer from 0 on, got -1',
    ],
    [
      '{"type":"join","room":"r","data":{"since":{"epoch":"e","offset":9007199254740992}}}',
      'data.since.offset: expected an integer from 0 on, got 9007199254740992',
    ],
    ['{"type":"leave"}', 'room: expected a string, got nothing'],
    ['{"type":"presence"}', 'room: expected a string, got nothing'],
    ['{"type":"typing"}', 'room: expected a string, got nothing'],
    ['{"type":"auth"}', 'data: expected an object, got nothing'],
    ['{"type":"auth","data":{"token":1}}', 'data.token: expected a string, got 1'],
    ['{"type":"history","data":{"limit":0}}', 'data.limit: expected an integer from 1 to 100, got 0'],
    ['{"type":"history","data":{"limit":101}}', 'data.limit: expected an integer from 1 to 100, got 101'],
    ['{"type":"history","data":{"limit":1.5}}', 'data.limit: expected an integer from 1 to 100, got 1.5'],
    ['{"type":"history","data":{"limit":"5"}}', 'data.limit: expected an integer from 1 to 100, got "5"'],
    ['{"type":"history","data":{"after":1,"since":2}}', 'data: expected no keys but before, after, limit, got "since"'],
    ['{"type":"welcome","x":1}', 'expected no keys but type, room, data, id, got "x"'],
    [`{"data":${nested(65)}}`, 'data: expected at most 64 levels of nesting, got more'],
    [`{"type":"ping","data":${nested(65)}}`, 'data: expected at most 64 levels of nesting, got more'],
  ])('%s', (text, message, code = 'bad_request') => {
    expect(codec.decode(text)).toStrictEqual({ verb: 'fault', code, message });
  });

  it.each([
    ['{"id":"a","from":1,"data":1}'],
    ['{"id":"a"}'],
    ['{"id":"a","type":1,"data":1}'],
    ['{"id":"a","type":"NO","data":1}'],
    ['{"id":"a","room":null,"data":1}'],
    [`{"id":"a","data":${nested(65)}}`],
  ])('carries the id: %s', (text) => {
    expect(codec.decode(text)).toMatchObject({ verb: 'fault', id: 'a', code: 'bad_request' });
  });

  it.each([['😀'.repeat(65)], ['x'.repeat(65)], [''], [null], [{}]])('carries no bad id: %j', (id) => {
    expect(codec.decode(JSON.stringify({ id, data: 1 }))).not.toHaveProperty('id');
  });

  it('takes 64 levels, and survives any number', () => {
    expect(codec.decode(`{"data":${nested(64)}}`)).toMatchObject({ verb: 'publish' });
    expect(codec.decode(`{"data":${'{"a":'.repeat(63)}[]${'}'.repeat(63)}}`)).toMatchObject({
      verb: 'publish',
    });
    expect(codec.decode(`{"data":${'{"a":'.repeat(64)}[]${'}'.repeat(64)}}`)).toMatchObject({
      verb: 'fault',
    });
    for (const levels of [10_000, 32_000]) {
      expect(codec.decode(`{"data":${nested(levels)}}`)).toMatchObject({
        verb: 'fault',
        code: 'bad_request',
      });
      expect(codec.decode(`{"x":${nested(levels)}}`)).toMatchObject({
        verb: 'fault',
        code: 'bad_request',
      });
      expect(codec.decode(`{"room":${nested(levels)}}`)).toMatchObject({
        verb: 'fault',
        code: 'bad_request',
      });
    }
  });

  it.each([
    ['brackets in a string', `{"data":["${'['.repeat(200)}",${nested(63)}]}`],
    ['quotes and backslashes before brackets', String.raw`{"data":{"\\\"${'{'.repeat(200)}":${nested(63)},"\\":[]}}`],
    ['closed brackets side by side', `{"data":[${'[[]],'.repeat(200)}0]}`],
    ['a deep member that a later one of the same name replaces', `{"data":${nested(200)},"data":[0]}`],
  ])('does not take for nesting: %s', (_, text) => {
    expect(codec.decode(text)).toMatchObject({ verb: 'publish' });
  });

  it.each([
    ['behind a string with closing brackets', `{"data":["${']'.repeat(200)}",${nested(64)}]}`],
    ['behind an escaped quote', String.raw`{"data":["\"]]]",${nested(64)}]}`],
    ['in a member', `{"data":{"a":0,"b":${nested(64)}}}`],
  ])('finds a level too many %s', (_, text) => {
    expect(codec.decode(text)).toMatchObject({ verb: 'fault', code: 'bad_request' });
  });

  it('keeps its words short whatever comes', () => {
    const keys = Object.fromEntries(Array.from({ length: 5_000 }, (_, key) => [`k${key}`.padEnd(50, '!'), key]));
    const found = codec.decode(JSON.stringify({ data: 1, ...keys }));
    expect(found).toMatchObject({ verb: 'fault' });
    expect(JSON.stringify(found).length).toBeLessThan(200);
  });

  it('never throws, and names a fault for whatever is no request', () => {
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('join', 'history', 'chat', 'lobby', 'leave', 'ack'));
    const frames = fc.dictionary(fc.constantFrom('type', 'room', 'data', 'id', 'from', '__proto__'), member);
    fc.assert(
      fc.property(fc.oneof(frames, fc.jsonValue()), (frame) => {
        const found = codec.decode(JSON.stringify(frame));
        if (found.verb === 'fault') expect(found.message).toMatch(/expected (?!another shape).*, got /);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void codec.decode(text)));
  });
});

describe('decodeForeign', () => {
  it.each([
    ['{"data":{"content":"Hi"}}', { type: 'chat', data: { content: 'Hi' } }],
    ['{"type":"","data":null}', { type: 'chat', data: null }],
    [
      '{"type":"notice","data":1,"from":{"id":"bot","name":"Bot"}}',
      { type: 'notice', data: 1, from: { id: 'bot', name: 'Bot' } },
    ],
    [`{"data":${nested(64)}}`, { type: 'chat', data: JSON.parse(nested(64)) as unknown }],
  ])('delivers %s', (text, message) => {
    expect(foreign(text)).toStrictEqual(message);
  });

  it.each([
    [''],
    ['{'],
    ['[]'],
    ['null'],
    ['{}'],
    ['{"type":"ack","data":1}'],
    ['{"type":"join","data":1}'],
    ['{"type":"Bad","data":1}'],
    ['{"type":null,"data":1}'],
    ['{"data":1,"offset":3}'],
    ['{"data":1,"from":null}'],
    ['{"data":1,"from":{"id":"x"}}'],
    ['{"data":1,"from":{"id":"x","name":"X","admin":true}}'],
    ['{"data":1,"__proto__":{}}'],
    [`{"data":${nested(65)}}`],
    [`{"data":${nested(10_000)}}`],
    ['\ufeff{"data":1}'],
  ])('drops %s', (text) => {
    expect(foreign(text)).toBeUndefined();
  });

  it('drops bad UTF-8 and what is over 64 KiB', () => {
    expect(codec.decodeForeign(Buffer.from([...Buffer.from('{"data":"'), 0xc3, 0x28, 0x22, 0x7d]))).toBeUndefined();
    expect(codec.decodeForeign(payload(65_536))).toMatchObject({ type: 'chat' });
    expect(codec.decodeForeign(payload(65_537))).toBeUndefined();
  });
});

it('encodes UTF-8', () => {
  expect([...codec.encode('é😀')]).toStrictEqual([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]);
});
