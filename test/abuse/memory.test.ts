import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { abusedPod } from '../support/abuse/abused-pod.js';
import { Bulk } from '../support/abuse/bulk.js';
import { all, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { UNLIMITED } from '../support/unlimited.js';

const MIB = 2 ** 20;
const TALKERS = 4;

/**
 * Bytes of heap that a key of a message may cost while it is remembered, and a room that was left with one message in
 * its log. 200,000 keys are remembered at most, and 100,000 rooms that nobody is in.
 */
const KEY_BYTES = 350;
const ROOM_BYTES = 1200;

const messageCount = scaled(200_000, 800_000);
const keysKept = Math.min(messageCount, 200_000);
const roomCount = scaled(50_000, 300_000);
// More are forgotten.
const roomsKept = Math.min(roomCount, 100_000);
const pod = abusedPod({
  env: UNLIMITED,
  growth: 8 + (keysKept * KEY_BYTES + roomsKept * ROOM_BYTES) / MIB,
  buffers: 16 + (roomsKept * ROOM_BYTES) / MIB,
});

it(
  'messages with ids that were never seen cost so much each, as long as an id is remembered',
  async () => {
    const before = await pod.vitals();
    const talk = async (n: number): Promise<void> => {
      const count = messageCount / TALKERS;
      const bulk = await Bulk.connect(pod.port, { name: `Mallory ${n}` });
      await bulk.say(messages(`bulk-${n}`, count));
      expect([bulk.acks, bulk.errors]).toEqual([1 + count, 0]);
      await bulk.leave();
      pod.tried('messages with ids of their own', count);
    };
    await all(Array.from({ length: TALKERS }, (_, n) => talk(n)));
    const grown = (await pod.vitals()).heap - before.heap;
    expect(grown / keysKept, 'bytes of heap per id').toBeLessThan(KEY_BYTES);
  },
  PATIENCE_MS,
);

it(
  'rooms that are published to once and left cost so much each, as long as there are not too many',
  async () => {
    const before = await pod.vitals();
    const visit = async (n: number): Promise<void> => {
      const count = roomCount / TALKERS;
      const bulk = await Bulk.connect(pod.port, { name: `Mallory ${n}` });
      await bulk.say(visits(n, count));
      // A join and a leave have an ack each.
      expect([bulk.acks, bulk.errors]).toEqual([2 * count, 0]);
      await bulk.leave();
      pod.tried('rooms of one message', count);
    };
    await all(Array.from({ length: TALKERS }, (_, n) => visit(n)));
    const after = await pod.vitals();
    expect((after.heap - before.heap) / roomsKept, 'bytes of heap per room').toBeLessThan(ROOM_BYTES);
    expect((after.buffers - before.buffers) / roomsKept, 'bytes of buffers per room').toBeLessThan(ROOM_BYTES);
  },
  PATIENCE_MS,
);

function* messages(room: string, count: number): Generator<string> {
  yield `{"type":"join","room":"${room}"}`;
  for (let n = 0; n < count; n += 1) yield `{"room":"${room}","data":"canary-${n}","id":"${randomUUID()}"}`;
}

function* visits(talker: number, count: number): Generator<string> {
  for (let n = 0; n < count; n += 1) {
    const room = `"room":"visited-${talker}-${n}"`;
    yield `{"type":"join",${room}}`;
    yield `{${room},"data":"canary-${n}"}`;
    yield `{"type":"leave",${room},"id":"0"}`;
  }
}
