import { describe, expect, it } from 'vitest';
import { CountedPod, countJson, countWritten } from '../../support/counted-pod.js';

const MESSAGES = 64;
const texts = (of: (n: number) => object): string[] =>
  Array.from({ length: MESSAGES }, (_, n) => JSON.stringify({ room: 'hall', data: { n }, ...of(n) }));

describe('the work of a message on the pod that accepts it', () => {
  it.each([1, 50, 300])('is the same for %i members: parsed once, its frame encoded once', async (size) => {
    const counted = await CountedPod.start();
    const members = await counted.crowd(size, 'hall');
    const said = texts(() => ({}));
    const [encodedBefore, decodedBefore] = [counted.encoded.length, counted.decoded.length];
    const [json, written] = [countJson(), countWritten('{"type":"chat"')];
    members[0]?.say(said);
    for (const member of members) await member.reads(MESSAGES);
    const { parsed, stringified } = json;
    expect(counted.decoded.slice(decodedBefore)).toEqual(said);
    expect(parsed).toBe(MESSAGES);
    // What the client sent, and the name of the room.
    expect(stringified).toBeLessThanOrEqual(2 * MESSAGES);
    expect(written.count).toBe(MESSAGES);
    expect(counted.encoded.slice(encodedBefore)).toEqual([]);
  });

  it('is an ack more where it has an id, of the sender alone', async () => {
    const counted = await CountedPod.start();
    const [sender, ...others] = await counted.crowd(20, 'hall');
    const said = texts((n) => ({ id: `${n}` }));
    const before = counted.encoded.length;
    sender?.say(said);
    await sender?.reads(2 * MESSAGES);
    for (const member of others) await member.reads(MESSAGES);
    const encoded = counted.encoded.slice(before);
    expect(encoded.filter((text) => text.startsWith('{"type":"ack"'))).toHaveLength(MESSAGES);
    expect(encoded).toHaveLength(MESSAGES);
  });
});
