import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Load } from '../../../src/adapters/redis/load.js';
import { Part } from '../../../src/adapters/redis/part.js';
import { decodePayload } from '../../../src/adapters/redis/payload.js';
import { messageText } from '../../../src/domain/message-text.js';
import type { Publication } from '../../../src/ports/broadcast-port.js';

const MIB = 1024 * 1024;
const publication = (head: string, tail: string): Publication => ({ id: 'm_1', ts: 1, head, tail });
const placeAt = (first: number) => ({
  seal: 'seal of this run',
  origin: 'pod-1-of-cluster',
  epoch: 'epoch-0123456789',
  first,
});
const text = (frame: Uint8Array): string => Buffer.from(frame).toString();
const add = (load: Load, channel: string, ...bytes: number[]): void => {
  for (const size of bytes) load.add(channel, publication('{', 'x'.repeat(size - '{,"offset":1'.length)), () => {});
};
const shape = ({ parts }: Load): [string, number][] => parts.map(({ channel, waiting }) => [channel, waiting.length]);

describe('messages on their way to Redis', () => {
  it('are the payload that Redis makes of them, whatever they are made of', () => {
    const halves = fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', maxLength: 300 }));
    const firsts = fc.constantFrom(10, 101, 65_537, 4_294_967_297, 9_007_199_254_740_000);
    fc.assert(
      fc.property(fc.array(halves, { minLength: 1, maxLength: 20 }), firsts, (messages, first) => {
        const place = placeAt(first);
        const part = new Part('lobby', place.first, MIB);
        const publications = messages.map(([head, tail]) => publication(head, tail));
        for (const each of publications) part.add(each, () => {});
        const expected = publications.map((each, index) => messageText(each, place.first + index));
        const [, sent] = part.arguments('realtime:room:lobby', place);
        const payload = decodePayload(Buffer.from(sent ?? ''));
        expect(payload).toMatchObject(place);
        expect(payload?.frames.map(text)).toEqual(expected);
        expect(part.frames(place.first).map(text)).toEqual(expected);
      }),
    );
  });

  it('are told in the place where they were put, whatever was expected', () => {
    const part = new Part('lobby', 7, MIB);
    for (const tail of ['}', ',"data":"é"}']) part.add(publication('{"id":"é"', tail), () => {});
    part.arguments('realtime:room:lobby', placeAt(7));
    for (const first of [2, 9, 10, 7, 12_345]) {
      expect(part.frames(first).map(text)).toEqual([
        `{"id":"é","offset":${first}}`,
        `{"id":"é","offset":${first + 1},"data":"é"}`,
      ]);
    }
  });

  it('stay as they are where an epoch is expected that is none', () => {
    const part = new Part('lobby', 7, MIB);
    part.add(publication('{', '}'), () => {});
    const [, payload] = part.arguments('realtime:room:lobby', { ...placeAt(7), epoch: 'E'.repeat(80) });
    expect(decodePayload(Buffer.from(payload ?? ''))?.frames.map(text)).toEqual(['{,"offset":7}']);
  });

  it.each([
    ['the numbers get longer', 9],
    ['the log is at its end', Number.MAX_SAFE_INTEGER],
    ['another program has written a number of its own', -9_223_372_036_854_776_000],
  ])('are expected nowhere by Redis where %s', (_, first) => {
    const part = new Part('lobby', first, MIB);
    for (const tail of ['}', '}']) part.add(publication('{', tail), () => {});
    const [, payload] = part.arguments('realtime:room:lobby', placeAt(first));
    expect(decodePayload(Buffer.from(payload ?? ''))).toMatchObject({ first: 0, count: 2 });
  });

  it('make one entry a channel, in the order of each channel', () => {
    const load = new Load(0, MIB, () => 1);
    for (const channel of ['a', 'b', 'a', '', 'b']) add(load, channel, 20);
    expect(shape(load)).toEqual([
      ['a', 2],
      ['b', 2],
      ['', 1],
    ]);
    expect([load.messages, load.bytes]).toEqual([5, 100]);
  });

  it('make another entry after 64 messages, or 64 KiB, but for one that is larger by itself', () => {
    const many = new Load(0, MIB, () => 1);
    add(many, 'a', ...Array.from({ length: 130 }, () => 20));
    expect(shape(many).map(([, count]) => count)).toEqual([64, 64, 2]);
    const long = new Load(0, MIB, () => 1);
    add(long, 'a', 40_000, 25_536, 20, 100_000, 20);
    expect(shape(long).map(([, count]) => count)).toEqual([2, 1, 1, 1]);
    const longer = new Load(0, MIB, () => 1);
    add(longer, 'a', 40_000, 25_537);
    expect(shape(longer).map(([, count]) => count)).toEqual([1, 1]);
  });

  it('make no entry of more bytes than a log keeps', () => {
    const load = new Load(0, 1000, () => 1);
    add(load, 'a', 600, 400, 20, 5000, 20);
    expect(shape(load).map(([, count]) => count)).toEqual([2, 1, 1, 1]);
  });

  it('make another call after 512 messages or 1 MiB', () => {
    const many = new Load(0, MIB, () => 1);
    add(many, 'a', ...Array.from({ length: 511 }, () => 20));
    expect(many.isFull).toBe(false);
    add(many, 'b', 20);
    expect(many.isFull).toBe(true);
    const long = new Load(0, MIB, () => 1);
    add(long, 'a', ...Array.from({ length: 15 }, () => 65_536));
    expect(long.isFull).toBe(false);
    add(long, 'a', 65_536);
    expect(long.isFull).toBe(true);
  });
});
