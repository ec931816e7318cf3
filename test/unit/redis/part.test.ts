import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Load } from '../../../src/adapters/redis/load.js';
import { Part } from '../../../src/adapters/redis/part.js';
import { messageText } from '../../../src/domain/message-text.js';
import type { Publication } from '../../../src/ports/broadcast-port.js';

const MIB = 1024 * 1024;
const publication = (head: string, tail: string): Publication => ({ id: 'm_1', ts: 1, head, tail });
const text = (frame: Uint8Array): string => Buffer.from(frame).toString();
const add = (load: Load, channel: string, ...bytes: number[]): void => {
  for (const size of bytes) load.add(channel, publication('{', 'x'.repeat(size - 1)), () => {});
};
const shape = ({ parts }: Load): [string, number][] => parts.map(({ channel, waiting }) => [channel, waiting.length]);

describe('messages on their way to Redis', () => {
  it('are the frames that Redis makes of them, whatever they are made of', () => {
    const halves = fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(halves, { minLength: 1, maxLength: 20 }), fc.nat(), (messages, first) => {
        const part = new Part('lobby', MIB);
        const publications = messages.map(([head, tail]) => publication(head, tail));
        for (const each of publications) part.add(each, () => {});
        const expected = publications.map((each, index) => messageText(each, first + index + 1));
        expect(part.frames(first + 1).map(text)).toEqual(expected);
      }),
    );
  });

  it('make one entry a channel, in the order of each channel', () => {
    const load = new Load(0, MIB);
    for (const channel of ['a', 'b', 'a', '', 'b']) add(load, channel, 10);
    expect(shape(load)).toEqual([
      ['a', 2],
      ['b', 2],
      ['', 1],
    ]);
    expect([load.messages, load.bytes]).toEqual([5, 50]);
  });

  it('make another entry after 64 messages, or 64 KiB, but for one that is larger by itself', () => {
    const many = new Load(0, MIB);
    add(many, 'a', ...Array.from({ length: 130 }, () => 10));
    expect(shape(many).map(([, count]) => count)).toEqual([64, 64, 2]);
    const long = new Load(0, MIB);
    add(long, 'a', 40_000, 25_536, 1, 100_000, 1);
    expect(shape(long).map(([, count]) => count)).toEqual([2, 1, 1, 1]);
  });

  it('make no entry of more bytes than a log keeps', () => {
    const load = new Load(0, 1000);
    add(load, 'a', 600, 400, 1, 5000, 1);
    expect(shape(load).map(([, count]) => count)).toEqual([2, 1, 1, 1]);
  });

  it('make another call after 512 messages or 1 MiB', () => {
    const many = new Load(0, MIB);
    add(many, 'a', ...Array.from({ length: 511 }, () => 10));
    expect(many.isFull).toBe(false);
    add(many, 'b', 10);
    expect(many.isFull).toBe(true);
    const long = new Load(0, MIB);
    add(long, 'a', ...Array.from({ length: 15 }, () => 65_536));
    expect(long.isFull).toBe(false);
    add(long, 'a', 65_536);
    expect(long.isFull).toBe(true);
  });
});
