import assert from 'node:assert/strict';
import { batch, numbered, range } from './frames.js';
import type { Stage, TransportCase } from './stage.js';
import { crowd } from './sending.js';

/** How connections end. That `closed()` comes once, last and never within a call is checked after every case. */
export const closingCases: readonly TransportCase[] = [
  { name: 'tells closed() when the client leaves', run: clientLeaves },
  { name: 'tells closed() when the client is gone without a word', run: clientDies },
  { name: 'tells closed() after its own close', run: ownClose },
  { name: 'closes with the code and the reason given', run: codeAndReason },
  { name: 'closes once: the first code holds', run: firstCodeHolds },
  { name: 'sends before the close what was sent before it', run: sentBeforeClose },
  { name: 'sends nothing after the close', run: nothingAfterClose },
  { name: 'takes calls on a connection that is gone for nothing', run: callsAfterTheEnd },
  { name: 'closes while opening, where the domain wants so', run: closeWithinOpen },
  { name: 'receives what the client sent before it left', run: lastWords },
  { name: 'ends every connection when it is stopped', run: stopped },
  { name: 'leaves nothing behind that keeps the process when it is stopped', run: leavesNothing },
];

async function clientLeaves(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  client.close();
  await stage.gone(session);
  await stage.ended(client);
}

async function clientDies(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  client.kill();
  await stage.gone(session);
}

async function ownClose(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.close(1000, '');
  await stage.ended(client);
  await stage.gone(session);
}

async function codeAndReason(stage: Stage): Promise<void> {
  const ends = [
    { code: 1000, reason: '' },
    { code: 1001, reason: 'stopped' },
    { code: 1012, reason: 'restart' },
    { code: 4401, reason: 'token expired: ä€😀' },
    { code: 4403, reason: 'r'.repeat(123) },
  ];
  for (const end of ends) {
    const { client, session } = await stage.pair();
    session.connection.close(end.code, end.reason);
    const { code, reason } = await stage.ended(client);
    assert.deepEqual({ code, reason }, end);
    await stage.gone(session);
  }
}

async function firstCodeHolds(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.close(4403, 'kicked');
  session.connection.close(1012, 'restart');
  await stage.turn();
  session.connection.close(1000, '');
  const { code, reason } = await stage.ended(client);
  assert.deepEqual({ code, reason }, { code: 4403, reason: 'kicked' });
  await stage.gone(session);
}

async function sentBeforeClose(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const texts = range(1, 40).map((n) => numbered(n, 2000));
  for (const text of texts) session.connection.send(batch(text));
  session.connection.close(1012, 'restart');
  assert.deepEqual(await stage.take(client, texts.length), texts);
  assert.equal((await stage.ended(client)).code, 1012);
}

async function nothingAfterClose(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  session.connection.send(batch('{"n":1}'));
  session.connection.close(1000, 'bye');
  session.connection.send(batch('{"n":2}'));
  await stage.turn();
  session.connection.send(batch('{"n":3}'));
  assert.equal(await stage.next(client), '{"n":1}');
  await assert.rejects(stage.next(client), 'a frame came after the close');
  // Anything behind the close would be a fault in the eyes of the client.
  assert.equal((await stage.ended(client)).code, 1000);
}

async function callsAfterTheEnd(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  client.kill();
  await stage.gone(session);
  for (let turns = 0; turns < 2; turns += 1) {
    session.connection.send(batch('{"n":1}'));
    session.connection.pause();
    session.connection.resume();
    session.connection.close(1000, '');
    assert.equal(typeof session.connection.writable, 'boolean');
    await stage.turn();
  }
}

async function closeWithinOpen(stage: Stage): Promise<void> {
  const { chat } = stage;
  const open = chat.open.bind(chat);
  chat.open = (connection, admission) => {
    const session = open(connection, admission);
    connection.close(1013, 'overload');
    return session;
  };
  const client = await stage.knock();
  assert.equal(client.kind, 'connected');
  await stage.next(client);
  assert.equal((await stage.ended(client)).code, 1013);
}

async function lastWords(stage: Stage): Promise<void> {
  const { client, session } = await stage.pair();
  const texts = range(1, 50).map((n) => numbered(n, 500));
  for (const text of texts) client.send(text);
  client.close();
  await stage.gone(session);
  assert.deepEqual(session.texts, texts);
}

/** What is still held after the end is looked for behind every case; this one does nothing else. */
async function leavesNothing(stage: Stage): Promise<void> {
  const { client } = await stage.pair();
  await stage.stop();
  await stage.ended(client);
}

async function stopped(stage: Stage): Promise<void> {
  const pairs = await crowd(stage, 4);
  await stage.stop();
  for (const { client } of pairs) await stage.ended(client);
  assert.deepEqual(
    pairs.map(({ session }) => session.closes),
    [1, 1, 1, 1],
  );
}
