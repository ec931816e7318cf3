import * as fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { clientFrames } from '../../../src/adapters/json/client-frames.js';
import { JsonCodec } from '../../../src/adapters/json/codec.js';
import { explain } from '../../../src/adapters/json/explain.js';
import { serverFrames } from '../../../src/adapters/json/server-frames.js';
import { RESERVED_TYPES } from '../../../src/domain/names.js';
import { clientSamples, serverSamples } from './samples.js';

const codec = new JsonCodec();
const client = Object.entries<TSchema>(clientFrames).map(([name, schema]) => ({
  name,
  schema,
  validator: Compile(schema),
}));
const server = Object.entries(serverFrames).map(([name, schema]) => ({
  name,
  validator: Compile(schema),
}));

describe('samples of the protocol', () => {
  it.each(clientSamples)('%s accepts %s', (name, text) => {
    const frame: unknown = JSON.parse(text);
    expect(client.find(({ validator }) => validator.Check(frame))?.name).toBe(name);
    expect(codec.decode(text).verb).not.toBe('fault');
  });

  it.each(serverSamples)('%s accepts %s', (name, text) => {
    const frame: unknown = JSON.parse(text);
    expect(server.filter(({ validator }) => validator.Check(frame)).map((one) => one.name)).toContain(name);
  });

  it('covers every frame', () => {
    expect(new Set(clientSamples.map(([name]) => name))).toStrictEqual(new Set(Object.keys(clientFrames)));
    expect(new Set(serverSamples.map(([name]) => name))).toStrictEqual(new Set(Object.keys(serverFrames)));
  });
});

it('the codec takes exactly what the published schemas take', () => {
  const since = fc.record({ epoch: fc.string(), offset: fc.oneof(fc.nat(), fc.double()) }, { requiredKeys: [] });
  const data = fc.oneof(
    fc.jsonValue(),
    fc.record({ since, limit: fc.integer({ min: -1, max: 101 }) }, { requiredKeys: [] }),
  );
  const type = fc.oneof(fc.constantFrom('', 'chat', 'Bad', ...RESERVED_TYPES), fc.jsonValue());
  const member = {
    type,
    room: fc.oneof(fc.string(), fc.constant(null)),
    data,
    id: fc.string({ maxLength: 70 }),
    from: fc.nat(),
  };
  fc.assert(
    fc.property(fc.record(member, { requiredKeys: [] }), (value) => {
      const text = JSON.stringify(value);
      const frame: unknown = JSON.parse(text);
      const request = codec.decode(text);
      const isNoRequest = request.verb === 'unsupported' && !['typing', 'presence', 'auth'].includes(request.type);
      fc.pre(!isNoRequest && !(request.verb === 'fault' && request.message.includes('nesting')));
      expect(client.some(({ validator }) => validator.Check(frame))).toBe(request.verb !== 'fault');
    }),
    { numRuns: 1_000 },
  );
});

it('finds words for exactly what a schema refuses', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record({ type: fc.constantFrom('join', 'history', 'ack', ''), data: fc.jsonValue() }),
  );
  fc.assert(
    fc.property(value, (raw) => {
      const frame: unknown = JSON.parse(JSON.stringify(raw));
      for (const { schema, validator } of client) {
        expect(explain(schema, frame) === undefined).toBe(validator.Check(frame));
      }
    }),
  );
});
