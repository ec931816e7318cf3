import { describe, expect, it } from 'vitest';
import { CountedPod, type Member } from '../../support/counted-pod.js';

const MESSAGES = 64;
const texts = (of: (n: number) => object): string[] =>
  Array.from({ length: MESSAGES }, (_, n) => JSON.stringify({ data: { n }, ...of(n) }));

/** One more message, on the ordered path behind all others: after it nothing of theirs can come. */
async function sentinel(sender: Member | undefined, members: readonly Member[], room: string): Promise<void> {
  sender?.say([JSON.stringify({ room, data: 'sentinel' })]);
  for (const member of members) expect(await member.reads(1)).toEqual([expect.stringContaining('"sentinel"')]);
}

describe('64 messages that arrive in one turn', () => {
  // The larger room is flushed over several turns.
  it.each([50, 300])('cost a room of %i one encoding for its wire, and each member one write', async (size) => {
    const counted = await CountedPod.start();
    const members = await counted.crowd(size, 'hall');
    const [sender] = members;
    sender?.say(texts(() => ({ room: 'hall' })));
    for (const member of members) await member.reads(MESSAGES);
    await sentinel(sender, members, 'hall');
    for (const { writes } of members) expect(writes).toHaveLength(2);
    for (const index of [0, 1]) expect(new Set(members.map(({ writes }) => writes[index])).size).toBe(1);
  });

  it('cost the sender one write together with their acks', async () => {
    const counted = await CountedPod.start();
    const members = await counted.crowd(3, 'hall');
    const [sender, ...others] = members;
    sender?.say(texts((n) => ({ room: 'hall', id: `${n}` })));
    await sender?.reads(2 * MESSAGES);
    for (const member of others) await member.reads(MESSAGES);
    await sentinel(sender, members, 'hall');
    for (const { writes } of members) expect(writes).toHaveLength(2);
  });

  it('cost one write also where they are of several rooms and to all', async () => {
    const counted = await CountedPod.start();
    const rooms = ['one', 'two', 'three'];
    const members = await counted.crowd(10, ...rooms);
    const [sender] = members;
    sender?.say(texts((n) => (n % 4 === 3 ? {} : { room: rooms[n % 4] })));
    for (const member of members) await member.reads(MESSAGES);
    await sentinel(sender, members, 'one');
    for (const { writes } of members) expect(writes).toHaveLength(2);
  });

  it('cost those nothing who are in another room', async () => {
    const counted = await CountedPod.start();
    const [sender, ...members] = [await counted.enter('hall', 'other'), ...(await counted.crowd(10, 'hall'))];
    const strangers = await counted.crowd(10, 'other');
    sender?.say(texts(() => ({ room: 'hall' })));
    for (const member of [sender, ...members]) await member?.reads(MESSAGES);
    await sentinel(sender, strangers, 'other');
    for (const { writes } of strangers) expect(writes).toHaveLength(1);
  });
});
