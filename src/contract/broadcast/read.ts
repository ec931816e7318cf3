import assert from 'node:assert/strict';
import type { Entry, ReadQuery } from '../../ports/broadcast-port.js';
import { frameLine, lines, message, messages } from './messages.js';
import type { BroadcastCase, Pod, Stage } from './stage.js';

interface Expected {
  readonly query: ReadQuery;
  /** Offsets, of ten stored messages. */
  readonly offsets: readonly number[];
  readonly more: boolean;
}

/** Which of ten messages each combination of bounds gives. */
const table: Readonly<Record<string, readonly Expected[]>> = {
  'without bounds: the newest': [
    { query: { limit: 3 }, offsets: [8, 9, 10], more: true },
    { query: { limit: 10 }, offsets: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], more: false },
    { query: { limit: 1000 }, offsets: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], more: false },
  ],
  'after a bound: the oldest behind it': [
    { query: { after: 0, limit: 3 }, offsets: [1, 2, 3], more: true },
    { query: { after: 4, limit: 3 }, offsets: [5, 6, 7], more: true },
    { query: { after: 7, limit: 3 }, offsets: [8, 9, 10], more: false },
    { query: { after: 8, limit: 3 }, offsets: [9, 10], more: false },
    { query: { after: 10, limit: 3 }, offsets: [], more: false },
    { query: { after: 99, limit: 3 }, offsets: [], more: false },
  ],
  'before a bound: the newest ahead of it': [
    { query: { before: 11, limit: 2 }, offsets: [9, 10], more: true },
    { query: { before: 99, limit: 2 }, offsets: [9, 10], more: true },
    { query: { before: 5, limit: 2 }, offsets: [3, 4], more: true },
    { query: { before: 3, limit: 2 }, offsets: [1, 2], more: false },
    { query: { before: 2, limit: 2 }, offsets: [1], more: false },
    { query: { before: 1, limit: 2 }, offsets: [], more: false },
    { query: { before: 0, limit: 2 }, offsets: [], more: false },
  ],
  'between two bounds: the oldest': [
    { query: { after: 2, before: 6, limit: 2 }, offsets: [3, 4], more: true },
    { query: { after: 2, before: 6, limit: 3 }, offsets: [3, 4, 5], more: false },
    { query: { after: 2, before: 6, limit: 9 }, offsets: [3, 4, 5], more: false },
    { query: { after: 2, before: 3, limit: 9 }, offsets: [], more: false },
    { query: { after: 6, before: 2, limit: 9 }, offsets: [], more: false },
    { query: { after: 8, before: 99, limit: 9 }, offsets: [9, 10], more: false },
  ],
};

/** What is stored can be read, by whoever asks. */
export const readCases: readonly BroadcastCase[] = [
  ...Object.entries(table).map(([name, expected]) => ({
    name: `read ${name}`,
    run: async (stage: Stage) => await readsTable(stage, expected),
  })),
  {
    name: 'read stops at the bytes asked for',
    run: async (stage) => {
      const { pod, bytesOf } = await storedOf(stage);
      const cases = [
        { query: { after: 0, limit: 10, bytes: bytesOf(1, 3) }, offsets: [1, 2, 3], more: true },
        { query: { after: 0, limit: 10, bytes: bytesOf(1, 3) - 1 }, offsets: [1, 2], more: true },
        { query: { after: 0, limit: 2, bytes: bytesOf(1, 3) }, offsets: [1, 2], more: true },
        { query: { after: 2, before: 6, limit: 10, bytes: bytesOf(3, 4) }, offsets: [3, 4], more: true },
        { query: { limit: 10, bytes: bytesOf(9, 10) }, offsets: [9, 10], more: true },
        { query: { limit: 10, bytes: bytesOf(9, 10) - 1 }, offsets: [10], more: true },
        { query: { before: 6, limit: 10, bytes: bytesOf(4, 5) }, offsets: [4, 5], more: true },
      ];
      for (const expected of cases) await givesOffsets(pod, expected);
    },
  },
  {
    name: 'read gives one message however few bytes are asked for, and says whether there are more',
    run: async (stage) => {
      const { pod, bytesOf } = await storedOf(stage);
      const cases = [
        { query: { after: 0, limit: 10, bytes: 1 }, offsets: [1], more: true },
        { query: { limit: 10, bytes: 1 }, offsets: [10], more: true },
        { query: { after: 9, limit: 10, bytes: 1 }, offsets: [10], more: false },
        { query: { before: 2, limit: 10, bytes: 1 }, offsets: [1], more: false },
        { query: { after: 4, before: 6, limit: 10, bytes: 1 }, offsets: [5], more: false },
        { query: { after: 0, limit: 10, bytes: bytesOf(1, 10) }, offsets: range(1, 10), more: false },
        { query: { limit: 10, bytes: bytesOf(1, 10) }, offsets: range(1, 10), more: false },
        { query: { after: 10, limit: 10, bytes: 1 }, offsets: [], more: false },
      ];
      for (const expected of cases) await givesOffsets(pod, expected);
    },
  },
  {
    name: 'reading an empty channel gives its position and nothing else',
    run: async (stage) => {
      const pod = await stage.pod();
      for (const query of [{ limit: 10 }, { after: 0, limit: 10 }, { before: 5, limit: 10 }]) {
        const { position, entries, more } = await pod.read('lobby', query);
        assert.deepEqual({ offset: position.offset, entries, more }, { offset: 0, entries: [], more: false });
      }
      assert.deepEqual(await pod.subscribe('lobby'), (await pod.read('lobby', { limit: 1 })).position);
    },
  },
  {
    name: 'read gives the very frames that were told',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.subscribe('lobby');
      await pod.publishAll('lobby', messages('grüße', 5));
      const told = await pod.heard('lobby');
      assert.deepEqual(shown((await pod.read('lobby', { before: 6, limit: 10 })).entries), told);
    },
  },
  {
    name: 'a message published without a subscription is stored',
    run: async (stage) => {
      const pod = await stage.pod();
      const sent = messages('unheard', 3);
      await pod.publishAll('lobby', sent);
      assert.deepEqual(shown((await pod.read('lobby', { limit: 10 })).entries), lines(sent, 1));
      assert.deepEqual(pod.recorder.channels(), []);
    },
  },
  {
    name: 'reading tells nothing and ends no subscription',
    run: async (stage) => {
      const pod = await stage.pod();
      await pod.publish('lobby', message('stored'));
      await pod.read('lobby', { after: 0, limit: 10 });
      await pod.subscribe('lobby');
      await pod.read('lobby', { after: 0, limit: 10 });
      assert.deepEqual(await pod.heard('lobby'), []);
    },
  },
  {
    name: 'reading up to the position of subscribe and hearing the rest leaves no hole',
    run: async (stage) => {
      const pod = await stage.pod();
      const sent = messages('log', 60);
      await pod.publishAll('lobby', sent.slice(0, 20));
      const publishing = pod.publishAll('lobby', sent.slice(20, 40));
      const { offset } = await pod.subscribe('lobby');
      const later = pod.publishAll('lobby', sent.slice(40));
      const seen = 5;
      const replayed: string[] = [];
      for (let after = seen; after < offset;) {
        const { entries, more } = await pod.read('lobby', { after, before: offset + 1, limit: 7 });
        replayed.push(...shown(entries));
        after = entries.at(-1)?.offset ?? assert.fail('a page behind the cursor is not empty');
        assert.equal(more, after < offset);
      }
      await Promise.all([publishing, later]);
      assert.deepEqual([...replayed, ...(await pod.heard('lobby'))], lines(sent, 1).slice(seen));
    },
  },
  {
    name: 'an answered publish can be read on every pod at once',
    needs: ['pods'],
    run: async (stage) => {
      const [one, other] = await stage.pods(2);
      assert.ok(one && other);
      const sent = messages('stored', 3);
      const receipts = await one.publishAll('lobby', sent);
      const { position, entries, more } = await other.read('lobby', { after: 0, limit: 10 });
      assert.deepEqual(position, receipts.at(-1)?.position);
      assert.deepEqual(shown(entries), lines(sent, 1));
      assert.equal(more, false);
    },
  },
];

async function readsTable(stage: Stage, expected: readonly Expected[]): Promise<void> {
  const pod = await stage.pod();
  const sent = messages('log', 10);
  const receipts = await pod.publishAll('lobby', sent);
  const log = lines(sent, 1);
  for (const { query, offsets, more } of expected) {
    const result = await pod.read('lobby', query);
    assert.deepEqual(
      { entries: shown(result.entries), more: result.more, position: { ...result.position } },
      {
        entries: offsets.map((offset) => log[offset - 1]),
        more,
        position: receipts.at(-1)?.position,
      },
      JSON.stringify(query),
    );
  }
}

/** Ten stored messages, some published together and some alone, and the bytes of those from one offset to another. */
async function storedOf(stage: Stage): Promise<{ pod: Pod; bytesOf: (from: number, to: number) => number }> {
  const pod = await stage.pod();
  const sent = Array.from({ length: 10 }, (_, n) => message(`${'x'.repeat(500 + 100 * (n % 3))} ${n}`));
  await pod.publishAll('lobby', sent.slice(0, 4));
  for (const publication of sent.slice(4, 7)) await pod.publish('lobby', publication);
  await pod.publishAll('lobby', sent.slice(7));
  const { entries } = await pod.read('lobby', { after: 0, limit: 10 });
  const sizes = new Map(entries.map(({ offset, frame }) => [offset, frame.length]));
  return { pod, bytesOf: (from, to) => range(from, to).reduce((sum, offset) => sum + (sizes.get(offset) ?? 0), 0) };
}

async function givesOffsets(pod: Pod, { query, offsets, more }: Expected): Promise<void> {
  const page = await pod.read('lobby', query);
  const given = { offsets: page.entries.map(({ offset }) => offset), more: page.more };
  assert.deepEqual(given, { offsets, more }, JSON.stringify(query));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function shown(entries: readonly Entry[]): string[] {
  return entries.map(({ offset, frame }) => frameLine(offset, frame));
}
