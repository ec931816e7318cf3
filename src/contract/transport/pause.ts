import assert from 'node:assert/strict';
import { batch, numbered, range } from './frames.js';
import type { Stage, TransportCase } from './stage.js';

// Twelve megabytes: more than what a transport can have read already, by far.
const TEXTS = 200;
const TEXT_BYTES = 60_000;
// A megabyte may have been on its way.
const FEW = 17;

/** Clients that are not read for a while. */
export const pauseCases: readonly TransportCase[] = [
  { name: 'reads no more while paused, and everything in order after it', run: pauseAndResume },
  { name: 'does not count pauses', run: notCounted },
  { name: 'sends while paused', run: sendsWhilePaused },
  { name: 'closes while paused', run: closesWhilePaused },
];

async function pauseAndResume(stage: Stage): Promise<void> {
  const pair = await stage.pair();
  const { client, session } = pair;
  await stage.roundTrip(pair, '{"first":true}', () => session.connection.send(batch('{"n":0}')));
  session.connection.pause();
  const texts = range(1, TEXTS).map((n) => numbered(n, TEXT_BYTES));
  for (const text of texts) client.send(text);
  await others(stage, 150);
  assert.ok(session.texts.length <= FEW, `${session.texts.length} texts were received while paused`);
  session.connection.resume();
  await stage.chat.until(() => session.texts.length > TEXTS, 'all texts after resume()');
  assert.deepEqual(session.texts.slice(1), texts);
}

/** Lets another client go there and back so often that anything that is read would have been read. */
async function others(stage: Stage, trips: number): Promise<void> {
  const pair = await stage.pair();
  for (const n of range(1, trips)) {
    await stage.roundTrip(pair, numbered(n), () => pair.session.connection.send(batch('{"back":true}')));
  }
}

async function notCounted(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.resume();
  session.connection.pause();
  session.connection.pause();
  session.connection.pause();
  client.send('{"n":1}');
  await stage.turn();
  session.connection.resume();
  await stage.chat.until(() => session.texts.length === 1, 'a text after one resume() of three pauses');
}

async function sendsWhilePaused(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.pause();
  const texts = range(1, 20).map((n) => numbered(n, 1000));
  for (const text of texts) session.connection.send(batch(text));
  assert.deepEqual(await stage.take(client, texts.length), texts);
}

async function closesWhilePaused(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.pause();
  client.send('{"n":1}');
  session.connection.close(1012, 'restart');
  assert.equal((await stage.ended(client)).code, 1012);
  await stage.gone(session);
}
