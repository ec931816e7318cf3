import assert from 'node:assert/strict';
import type { RecordingSession } from './recorder.js';
import { batch, numbered, range } from './frames.js';
import type { Pair, Stage, TransportCase } from './stage.js';

const FRAME_BYTES = 16_384;
// Far more than kernels hold for a socket: a transport that has taken this much does not look at the client.
const MOST_FRAMES = 4096;

const DRAINS_ONCE = 'drained() is told once each time that writable becomes true again, counted over all such times';

/** Clients that read too slowly. */
export const pressureCases: readonly TransportCase[] = [
  { name: 'is not writable while a client does not read, and drains once when it does', run: stopAndGo },
  { name: 'drains once each time', run: severalTimes },
  { name: 'takes what is sent to a client that is not writable', run: acceptsAnyway },
  { name: 'closes with 4008 above the hard limit', settings: { sendBufferBytes: 1_048_576 }, run: hardLimit },
];

/** Sends until the connection is not writable any more. */
async function fill(stage: Stage, session: RecordingSession, from: number): Promise<number> {
  let n = from;
  while (session.connection.writable) {
    assert.ok(n - from < MOST_FRAMES, 'writable stays true for a client that does not read');
    session.connection.send(batch(numbered(n, FRAME_BYTES)));
    n += 1;
    await stage.turn();
  }
  assert.equal(session.closes, 0, 'a client was closed before it was said to be not writable');
  return n;
}

async function stopAndGo(stage: Stage): Promise<void> {
  const pair = await stage.pair();
  assert.equal(await round(stage, pair, 0), 1, DRAINS_ONCE);
}

async function severalTimes(stage: Stage): Promise<void> {
  const pair = await stage.pair();
  for (const drains of [1, 2, 3]) assert.equal(await round(stage, pair, drains * MOST_FRAMES), drains, DRAINS_ONCE);
}

/** Stops reading, fills, reads again; answers how often the session was told so far that it drained. */
async function round(stage: Stage, pair: Pair, from: number): Promise<number> {
  const { client, session } = pair;
  const before = session.drains;
  client.pauseReading();
  const to = await fill(stage, session, from);
  assert.equal(session.drains, before, 'drained() without a change');
  assert.equal(session.connection.writable, false);
  client.resumeReading();
  const texts = range(from, to - 1).map((n) => numbered(n, FRAME_BYTES));
  assert.deepEqual(await stage.take(client, texts.length), texts);
  await stage.chat.until(() => session.drains > before, 'drained()');
  assert.equal(session.connection.writable, true, 'writable once drained() was told');
  // Whatever is told too often would be told before this has gone there and back.
  await stage.roundTrip(pair, `{"round":${from}}`, () => session.connection.send(batch('{"done":true}')));
  return session.drains;
}

async function acceptsAnyway(stage: Stage): Promise<void> {
  const pair = await stage.pair();
  const { client, session } = pair;
  client.pauseReading();
  const filled = await fill(stage, session, 0);
  const more = filled + 20;
  for (const n of range(filled, more)) session.connection.send(batch(numbered(n, FRAME_BYTES)));
  await stage.turn();
  session.connection.send(batch('{"last":true}'));
  assert.equal(session.connection.writable, false);
  client.resumeReading();
  const texts = [...range(0, more).map((n) => numbered(n, FRAME_BYTES)), '{"last":true}'];
  assert.deepEqual(await stage.take(client, texts.length), texts);
  await stage.roundTrip(pair, '{"read":true}', () => session.connection.send(batch('{"done":true}')));
  assert.equal(session.drains, 1, 'drained() for what was sent while not writable');
}

async function hardLimit(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  client.pauseReading();
  // In one turn, so that no kernel and no client can take the excess away.
  const texts = range(1, 1024).map((n) => numbered(n, FRAME_BYTES));
  for (const text of texts) session.connection.send(batch(text));
  client.resumeReading();
  assert.equal((await stage.ended(client)).code, 4008, 'a client above the hard limit is closed');
  await stage.gone(session);
  const got: string[] = [];
  await assert.rejects(async () => {
    for (;;) got.push(await stage.next(client));
  });
  assert.ok(got.length < texts.length, 'a client above the hard limit got everything');
  assert.deepEqual(got, texts.slice(0, got.length));
}
