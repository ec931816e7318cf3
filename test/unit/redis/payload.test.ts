import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keys } from '../../../src/adapters/redis/keys.js';
import { decodePayload, encodePayload, NO_EPOCH } from '../../../src/adapters/redis/payload.js';

const ORIGIN = 'abcdefghijklmnop';
const text = (value: string): Buffer => Buffer.from(value);

describe('the payload between pods', () => {
  it('is laid out byte by byte as documented', () => {
    const bytes = encodePayload(ORIGIN, [text('{"a":1}'), text('é')]);
    expect(bytes.subarray(0, 43).toString('hex')).toBe(
      `01${text(ORIGIN).toString('hex')}${text(NO_EPOCH).toString('hex')}${'00'.repeat(8)}0002`,
    );
    expect(bytes.subarray(43, 51).toString('hex')).toBe('0000000700000002');
    expect(bytes.subarray(51).toString()).toBe('{"a":1}é');
  });

  it('comes back as it was', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(frames, (given) => {
        const payload = decodePayload(encodePayload(ORIGIN, given));
        expect(payload).toMatchObject({ origin: ORIGIN, epoch: NO_EPOCH, first: 0 });
        expect(payload?.frames.map((frame) => Buffer.from(frame).toString('hex'))).toEqual(
          given.map((frame) => Buffer.from(frame).toString('hex')),
        );
      }),
    );
  });

  it('is nothing where it is cut, longer, of another version, or noise, and never throws', () => {
    const whole = encodePayload(ORIGIN, [text('{"a":1}'), text('{"b":2}')]);
    for (let length = 0; length < whole.length; length++) {
      expect(decodePayload(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodePayload(Buffer.concat([whole, text('x')]))).toBeUndefined();
    expect(decodePayload(Buffer.concat([Buffer.from([2]), whole.subarray(1)]))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        decodePayload(Buffer.from(noise));
        decodePayload(Buffer.from([1, ...noise]));
      }),
    );
  });
});

describe('names in Redis', () => {
  const keys = new Keys('realtime');

  it('are those of the protocol', () => {
    expect([keys.channel(''), keys.channel('lobby')]).toEqual(['realtime:global', 'realtime:room:lobby']);
    expect([keys.head('lobby'), keys.log('')]).toEqual(['realtime:head:room:lobby', 'realtime:log:global']);
  });

  it('lead back to the channel, and to none where they are not ours', () => {
    for (const channel of ['', 'lobby', 'global', 'room:lobby', 'a:b', '日本']) {
      expect(keys.parse(keys.channel(channel))).toBe(channel);
    }
    for (const name of ['realtime:room:', 'realtime:rooms', 'other:global', 'realtime:head:room:lobby', '']) {
      expect(keys.parse(name)).toBeUndefined();
    }
  });

  it('never make a pattern of the prefix', () => {
    expect(new Keys('a*[b]?\\').roomsPattern).toBe('a\\*\\[b\\]\\?\\\\:room:*');
  });

  it('are three that take turns for what was sent under an id', () => {
    expect(keys.once('lobby')).toEqual([0, 1, 2].map((turn) => `realtime:once:room:lobby:${turn}`));
  });
});
