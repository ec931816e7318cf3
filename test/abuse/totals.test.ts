import { expect, it, onTestFinished } from 'vitest';
import { abusedPod, type AbusedPod } from '../support/abuse/abused-pod.js';
import { Bulk } from '../support/abuse/bulk.js';
import { all, PATIENCE_MS, scaled } from '../support/abuse/scale.js';
import { UNLIMITED } from '../support/unlimited.js';
import { ChatClient, type ConnectOptions } from '../support/chat-client.js';

const MIB = 2 ** 20;
const HISTORY_TOTAL = 32 * MIB;
const RING_TOTAL = 16 * MIB;
/** A total may be exceeded by a tenth; what the code itself takes when it gets warm comes on top. */
const WARM = 6 * MIB;
const bound = (total: number): number => 1.1 * total + WARM;

const TALKERS = 2;
/** At most what one connection may be a member of. */
const roomsEach = scaled(32, 100);
const rounds = scaled(1, 8);
/** A room takes a mebibyte. */
const MESSAGES = 17;
const PADDING = 'x'.repeat(60_000);

const pod = abusedPod({
  env: {
    ...UNLIMITED,
    HISTORY_BYTES_TOTAL: String(HISTORY_TOTAL),
    RING_BYTES_TOTAL: String(RING_TOTAL),
  },
  growth: 12,
  buffers: bound(HISTORY_TOTAL + RING_TOTAL) / MIB,
});

it(
  'rooms filled and left stay within HISTORY_BYTES_TOTAL, and a room with members keeps its messages',
  async () => {
    const bystander = await enter({ rooms: ['club'] });
    for (let n = 1; n <= 10; n++) await bystander.say(`${n} ${PADDING}`, 'club');
    const early = await enter({ rooms: ['evicted'] });
    for (let n = 1; n <= 5; n++) await early.say(n, 'evicted');
    const { epoch } = early.ofType('ack').at(-1)?.data ?? {};
    await early.request({ type: 'leave', room: 'evicted' });

    const grown = await growth(pod, async () => {
      for (let round = 0; round < rounds; round++)
        await eachTalker((talker) => fill(talker, `left-${round}`, 'leaves'));
    });
    expect(grown, 'bytes that the pod grew by').toBeLessThan(bound(HISTORY_TOTAL));

    const { messages = [] } = (await bystander.request({ type: 'history', room: 'club', data: { after: 0 } })).data;
    expect(messages[0]?.offset).toBe(1);
    expect(bystander.ofType('gap')).toEqual([]);
    const seen = early.frames.length;
    early.send({ type: 'join', room: 'evicted', data: { since: { epoch, offset: 2 } } });
    const gap = await early.until(() => early.frames.slice(seen).find(({ type }) => type === 'gap'), 'a gap');
    expect(gap).toMatchObject({ room: 'evicted', data: { cause: 'expired', from: 3, to: 5, epoch } });
    // Offsets go on where they were.
    expect(await early.say('again', 'evicted')).toMatchObject({ epoch, offset: 6 });
  },
  PATIENCE_MS,
);

it(
  'rooms filled by members who stay are bounded by both totals, and those who keep up miss nothing',
  async () => {
    const stayed: Bulk[] = [];
    const grown = await growth(pod, async () => {
      for (let round = 0; round < rounds; round++) {
        await eachTalker(async (talker) => void stayed.push(await fill(talker, `stayed-${round}`, 'stays')));
      }
    });
    expect(grown, 'bytes that the pod grew by').toBeLessThan(bound(RING_TOTAL));
    for (const bulk of stayed) expect([bulk.messages, bulk.gaps]).toEqual([roomsEach * MESSAGES, 0]);
    await all(stayed.map((bulk) => bulk.leave()));
  },
  PATIENCE_MS,
);

async function enter(options: ConnectOptions): Promise<ChatClient> {
  const client = await ChatClient.connect(pod.port, options);
  onTestFinished(() => client.kill());
  return client;
}

/** By how many bytes heap and buffers grew, after a collection. */
async function growth(of: AbusedPod, happens: () => Promise<void>): Promise<number> {
  const before = await of.vitals();
  await happens();
  const after = await of.vitals();
  return after.heap + after.buffers - before.heap - before.buffers;
}

function eachTalker(task: (talker: number) => Promise<unknown>): Promise<void> {
  return all(Array.from({ length: TALKERS }, async (_, talker) => void (await task(talker))));
}

/** Fills as many rooms as one connection may, a mebibyte each. */
async function fill(talker: number, name: string, then: 'leaves' | 'stays'): Promise<Bulk> {
  const bulk = await Bulk.connect(pod.port, { name: `Mallory ${talker}` });
  for (let n = 0; n < roomsEach; n++) await bulk.say(messages(`${name}-${talker}-${n}`, then));
  expect(bulk.errors).toBe(0);
  pod.tried('messages into ever new rooms', roomsEach * MESSAGES);
  if (then === 'leaves') await bulk.leave();
  return bulk;
}

function* messages(room: string, then: 'leaves' | 'stays'): Generator<string> {
  yield `{"type":"join","room":"${room}"}`;
  for (let n = 0; n < MESSAGES; n++) yield `{"room":"${room}","data":"canary-${n} ${PADDING}"}`;
  if (then === 'leaves') yield `{"type":"leave","room":"${room}"}`;
}
