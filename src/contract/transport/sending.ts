import assert from 'node:assert/strict';
import { batch, numbered, range } from './frames.js';
import type { Pair, Stage, TransportCase } from './stage.js';

// Around the places where encodings of a length change, and above the limit for what comes in.
const SIZES = [20, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 131_072];

/** What clients get. */
export const sendingCases: readonly TransportCase[] = [
  { name: 'sends the frames of a batch in order and intact', run: batchInOrder },
  { name: 'sends batches in order, in one turn and over several', run: batchesInOrder },
  { name: 'sends one batch to many connections alike', run: sharedBatch },
  { name: 'keeps the order of shared batches and single frames', run: interleaved },
  { name: 'sends a batch as often as it is told to', run: sameBatchAgain },
  { name: 'leaves the bytes of frames alone', run: bytesUntouched },
  { name: 'takes an empty batch for nothing', run: emptyBatch },
];

async function batchInOrder(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const texts = [...SIZES.map((bytes, n) => numbered(n, bytes)), '{"data":"ä€😀"}', '{"last":true}'];
  session.connection.send(batch(...texts));
  assert.deepEqual(await stage.take(client, texts.length), texts);
}

async function batchesInOrder(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const batches = range(0, 199).map((n) => range(n * 3, n * 3 + (n % 3)).map((m) => numbered(m, (n % 5) * 700)));
  for (const [n, texts] of batches.entries()) {
    session.connection.send(batch(...texts));
    if (n % 10 === 9) await stage.turn();
  }
  const texts = batches.flat();
  assert.deepEqual(await stage.take(client, texts.length), texts);
}

async function sharedBatch(stage: Stage): Promise<void> {
  const pairs = await crowd(stage, 12);
  const texts = range(1, 5).map((n) => numbered(n, n * 400));
  const shared = batch(...texts);
  for (const { session } of pairs) session.connection.send(shared);
  for (const { client } of pairs) assert.deepEqual(await stage.take(client, texts.length), texts);
}

async function interleaved(stage: Stage): Promise<void> {
  const pairs = await crowd(stage, 3);
  const expected = pairs.map((): string[] => []);
  for (const n of range(1, 60)) {
    const texts = range(1, n % 4).map((m) => numbered(n * 10 + m, 200));
    const shared = batch(...texts);
    for (const [index, { session }] of pairs.entries()) {
      const own = `{"own":${index},"n":${n}}`;
      const ownFirst = (n + index) % 2 === 0;
      if (ownFirst) session.connection.send(batch(own));
      session.connection.send(shared);
      if (!ownFirst) session.connection.send(batch(own));
      expected[index]?.push(...(ownFirst ? [own, ...texts] : [...texts, own]));
    }
    if (n % 7 === 0) await stage.turn();
  }
  for (const [index, { client }] of pairs.entries()) {
    const texts = expected[index] ?? [];
    assert.deepEqual(await stage.take(client, texts.length), texts);
  }
}

async function sameBatchAgain(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const twice = batch('{"n":1}', '{"n":2}');
  session.connection.send(twice);
  session.connection.send(twice);
  await stage.turn();
  session.connection.send(twice);
  session.connection.send(batch('{"n":3}'));
  const texts = ['{"n":1}', '{"n":2}', '{"n":1}', '{"n":2}', '{"n":1}', '{"n":2}', '{"n":3}'];
  assert.deepEqual(await stage.take(client, texts.length), texts);
}

async function bytesUntouched(stage: Stage): Promise<void> {
  const pairs = await crowd(stage, 2);
  const texts = [numbered(1), numbered(2, 300), '{"data":"ä€😀"}'];
  const shared = batch(...texts);
  for (const { session } of pairs) session.connection.send(shared);
  for (const { client } of pairs) assert.deepEqual(await stage.take(client, texts.length), texts);
  assert.deepEqual(shared, batch(...texts));
}

async function emptyBatch(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.send(batch());
  await stage.turn();
  session.connection.send(batch('{"n":1}'));
  session.connection.send(batch());
  session.connection.send(batch('{"n":2}'));
  assert.deepEqual(await stage.take(client, 2), ['{"n":1}', '{"n":2}']);
}

/** So many clients. */
export async function crowd(stage: Stage, size: number): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  while (pairs.length < size) pairs.push(await stage.pair());
  return pairs;
}
