import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keys } from '../../../src/adapters/redis/keys.js';
import { decodePayload, encodePayload } from '../../../src/adapters/redis/payload.js';
import { Repeats } from '../../../src/adapters/redis/repeats.js';

const SEAL = '0123456789abcdef';
const ORIGIN = 'abcdefghijklmnop';
const text = (value: string): Buffer => Buffer.from(value);

describe('the payload between pods', () => {
  it('is laid out byte by byte as documented', () => {
    const bytes = encodePayload(SEAL, ORIGIN, 7, [text('{"a":1}'), text('é')]);
    expect(bytes.subarray(0, 59).toString('hex')).toBe(
      `01${text(SEAL).toString('hex')}${text(ORIGIN).toString('hex')}${text('0000000000000007').toString('hex')}${'00'.repeat(8)}0002`,
    );
    expect(bytes.subarray(59, 67).toString('hex')).toBe('0000000700000002');
    expect(bytes.subarray(67).toString()).toBe('{"a":1}é');
  });

  it('comes back as it was', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(frames, (given) => {
        const payload = decodePayload(encodePayload(SEAL, ORIGIN, 42, given));
        expect(payload).toMatchObject({ seal: SEAL, origin: ORIGIN, epoch: '0000000000000042', first: 0 });
        expect(payload?.frames.map((frame) => Buffer.from(frame).toString('hex'))).toEqual(
          given.map((frame) => Buffer.from(frame).toString('hex')),
        );
      }),
    );
  });

  it('is nothing where it is cut, longer, of another version, or noise, and never throws', () => {
    const whole = encodePayload(SEAL, ORIGIN, 1, [text('{"a":1}'), text('{"b":2}')]);
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

describe('a payload without offsets', () => {
  const of = (origin: string, count: number) => ({
    seal: SEAL,
    origin,
    epoch: String(count).padStart(16, '0'),
    first: 0,
    count: 0,
    frames: [],
  });

  it('is a repeat where its pod has sent a later one, or the same', () => {
    const repeats = new Repeats();
    const answers = [1, 2, 5, 2, 5, 6].map((count) => repeats.isRepeat(of('one', count)));
    expect(answers).toEqual([false, false, false, true, true, false]);
    expect(repeats.isRepeat(of('two', 1))).toBe(false);
  });

  it('is remembered for the thousand pods heard last', () => {
    const repeats = new Repeats();
    for (let pod = 0; pod <= 1000; pod++) repeats.isRepeat(of(`pod ${pod}`, 9));
    expect(repeats.isRepeat(of('pod 1', 9))).toBe(true);
    expect(repeats.isRepeat(of('pod 0', 9))).toBe(false);
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
